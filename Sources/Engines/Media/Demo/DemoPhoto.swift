import Foundation
import Kernel

/// A picture as a gate's camera would have taken it, drawn for demonstrations, so that no real truck, plate or person is ever shown.
///
/// Every picture carries the word 演示. The same values draw the same picture.
package struct DemoPhoto: Sendable {
    /// Head, body and plate are the captures of A-41; document is the licence or the freight list.
    package enum Kind: String, Sendable, CaseIterable { case head, body, plate, document }

    package var kind: Kind
    /// Such as `冀A12345`.
    package var plate: String
    package var color: PlateColor
    package var moment: Moment
    /// The enterprise, shown over the gate.
    package var enterprise: String
    /// Such as `1号门岗 进 001`.
    package var gate: String
    /// The same seed is the same truck: colour, body and load. Give one seed to all pictures of one vehicle.
    package var seed: UInt64
    /// Lines of the document, such as `("车辆识别代号", "LFWS…")`; its own defaults where empty.
    package var lines: [(title: String, value: String)]

    package init(
        kind: Kind, plate: String, color: PlateColor, moment: Moment, enterprise: String, gate: String, seed: UInt64, lines: [(title: String, value: String)] = []
    ) {
        self.kind = kind
        self.plate = plate
        self.color = color
        self.moment = moment
        self.enterprise = enterprise
        self.gate = gate
        self.seed = seed
        self.lines = lines
    }

    /// A CJK font on this machine; nil when there is none, and then only digits and letters are drawn.
    package static let font: String? = [
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    ].first { FileManager.default.isReadableFile(atPath: $0) }

    /// 960×540, a plate 440×140; 20–120 KB. Call it on `PictureThreads`: ten milliseconds of one core.
    ///
    /// - Throws: `.unexpected` `JW-M006` when there is no memory.
    package func jpeg() throws -> [UInt8] { try picture().jpeg(quality: kind == .plate ? 90 : 84) }

    /// The same undeveloped into a file.
    package func picture() throws -> Picture {
        let light = DemoLight(at: moment)
        var noise = DemoNoise(seed: seed)
        switch kind {
        case .plate: return try DemoPlate.draw(plate, color, font: Self.font, isClose: true, light: light, noise: &noise)
        case .document: return try DemoDocument.draw(self)
        case .head, .body: break
        }
        let canvas = try DemoCanvas(width: 960, height: 540, font: Self.font)
        let truck = DemoTruck(&noise)
        let number = try DemoPlate.draw(plate, color, font: Self.font, isClose: false, light: light, noise: &noise)
        DemoScene.draw(on: canvas, light, self, &noise)
        if kind == .head { DemoTruckFront.draw(truck, on: canvas, light, number) } else { DemoTruckSide.draw(truck, on: canvas, light, number, plate: plate) }
        canvas.develop(grain: light.isDark ? 16 : 9, vignette: 0.13, seed: UInt64(bitPattern: moment.milliseconds) ^ seed)
        overlay(canvas)
        return canvas.picture
    }

    /// The line a capture camera burns into its pictures.
    private func overlay(_ canvas: DemoCanvas) {
        canvas.box(0, 504, 960, 36, Paint(0, 0, 0, alpha: 0.62))
        canvas.rounded(12, 511, 46, 22, radius: 4, Paint(226, 140, 20))
        canvas.text("演示", 35, 522, size: 11.5, .white, anchor: .center)
        canvas.text("\(moment.text)   \(enterprise)   \(gate)", 70, 522, size: 12.5, .white)
        canvas.text("\(plate)  \(color.plateTitle)", 946, 522, size: 12.5, Paint(255, 232, 130), anchor: .right)
    }
}

/// What one truck looks like from every side.
struct DemoTruck {
    enum Body: CaseIterable { case van, tipper, tanker, tarpaulin }

    let paint: Paint
    let cargo: Paint
    let body: Body
    let isTall: Bool
    let dirt: Double

    init(_ noise: inout DemoNoise) {
        paint = noise.pick([
            Paint(190, 34, 32), Paint(222, 224, 226), Paint(34, 82, 152), Paint(28, 108, 84), Paint(222, 150, 28), Paint(206, 88, 30), Paint(120, 128, 138), Paint(46, 52, 62),
        ])
        cargo = noise.pick([Paint(196, 200, 204), Paint(62, 104, 156), Paint(168, 62, 44), Paint(72, 116, 84), Paint(214, 206, 186), Paint(92, 98, 106)])
        body = noise.pick(Body.allCases)
        isTall = noise.next() % 3 != 0
        dirt = noise.between(0.05, 0.32)
    }
}
