import Foundation
import Kernel

/// A sheet laid out like a vehicle licence, marked as a demonstration across its face so that no one can take it for one.
enum DemoDocument {
    static func draw(_ photo: DemoPhoto) throws -> Picture {
        var noise = DemoNoise(seed: photo.seed)
        let canvas = try DemoCanvas(width: 960, height: 540, font: DemoPhoto.font)
        desk(canvas)
        paper(canvas)
        fields(canvas, photo, &noise)
        mark(canvas)
        canvas.develop(grain: 5, vignette: 0.12, seed: photo.seed)
        canvas.box(0, 504, 960, 36, Paint(0, 0, 0, alpha: 0.62))
        canvas.rounded(12, 511, 46, 22, radius: 4, Paint(226, 140, 20))
        canvas.text("演示", 35, 522, size: 11.5, .white, anchor: .center)
        canvas.text("\(photo.moment.text)   \(photo.enterprise)   \(photo.gate)", 70, 522, size: 12.5, .white)
        return canvas.picture
    }

    private static func desk(_ canvas: DemoCanvas) {
        canvas.gradient(0, 0, 960, 540, Paint(142, 110, 82), Paint(112, 84, 60))
        for grain in 0..<34 {
            let y = Double(grain) * 16 + 5
            canvas.line(Spot(0, y), Spot(960, y + Double(grain % 5) * 3 - 6), 1, Paint(96, 70, 50, alpha: 0.5))
        }
        for step in 0..<5 { canvas.rounded(124 + Double(step), 50 + Double(step), 726, 424, radius: 16, Paint(0, 0, 0, alpha: 0.12)) }
    }

    private static func paper(_ canvas: DemoCanvas) {
        canvas.rounded(116, 38, 724, 424, radius: 14, Paint(226, 238, 236))
        for wave in 0..<44 {
            var last = Spot(122, 60 + Double(wave) * 9)
            for step in 1...30 {
                let next = Spot(122 + Double(step) * 23.8, 60 + Double(wave) * 9 + 5 * sin(Double(step) * 0.7 + Double(wave) * 0.42))
                canvas.line(last, next, 1, wave % 2 == 0 ? Paint(206, 228, 224) : Paint(232, 224, 226))
                last = next
            }
        }
        canvas.text("机动车行驶证样张", 478, 76, size: 23, Paint(48, 66, 80), anchor: .center, spacing: 6)
        canvas.text("演示数据  不作任何证明", 478, 108, size: 11, Paint(150, 60, 50), anchor: .center, spacing: 2)
    }

    private static func fields(_ canvas: DemoCanvas, _ photo: DemoPhoto, _ noise: inout DemoNoise) {
        let label = Paint(74, 128, 128), ink = Paint(34, 38, 44), rule = Paint(150, 186, 184)
        let registered = Day(daysSince1970: photo.moment.day.daysSince1970 - 300 - Int(noise.between(0, 1500)))
        let standard: [(title: String, value: String)] = [
            ("号牌号码", photo.plate), ("车辆类型", noise.pick(["重型半挂牵引车", "重型自卸货车", "重型厢式货车", "中型普通货车"])), ("所有人", "演示运输有限公司"),
            ("使用性质", "货运"), ("车辆识别代号", "DEMO" + String((0..<13).map { _ in noise.pick(Array("0123456789ABCDEFGHJKLMNPRSTUVWXYZ")) })),
            ("发动机号码", "D" + String(Int(noise.between(10_000_000, 99_999_999)))), ("注册日期", registered.text), ("发证日期", registered.adding(days: 2).text),
        ]
        let lines =
            standard.map { line in photo.lines.first { $0.title == line.title } ?? line }
            + photo.lines.filter { own in !standard.contains { $0.title == own.title } }
        var y = 146.0
        for (index, line) in lines.prefix(10).enumerated() {
            let isRight = index % 2 == 1
            let x = isRight ? 496.0 : 150
            canvas.text(line.title, x, y, size: 11, label)
            canvas.text(line.value, x + 104, y, size: line.value.count > 15 ? 11.5 : 14, ink)
            canvas.box(x + 98, y + 15, 210, 1, rule)
            if isRight { y += 48 }
        }
        seal(canvas)
        for row in 0..<7 {
            for column in 0..<7 where (row * 7 + column + Int(noise.next() % 3)) % 2 == 0 { canvas.box(744 + Double(column) * 9, 386 + Double(row) * 9, 9, 9, ink) }
        }
    }

    private static func seal(_ canvas: DemoCanvas) {
        let red = Paint(198, 44, 40)
        for radius in [48.0, 47, 46] { ring(canvas, 246, 410, radius, red) }
        canvas.text("演示", 246, 400, size: 20, red, anchor: .center)
        canvas.text("非真实印章", 246, 430, size: 8.5, red, anchor: .center)
    }

    private static func ring(_ canvas: DemoCanvas, _ x: Double, _ y: Double, _ radius: Double, _ paint: Paint) {
        var last = Spot(x + radius, y)
        for step in 1...48 {
            let angle = 2 * Double.pi * Double(step) / 48
            let next = Spot(x + radius * cos(angle), y + radius * sin(angle))
            canvas.line(last, next, 1, paint)
            last = next
        }
    }

    private static func mark(_ canvas: DemoCanvas) {
        for (x, y) in [(250.0, 250.0), (520, 330), (640, 190)] { canvas.text("演 示", x, y, size: 44, Paint(190, 60, 50, alpha: 0.14), angle: 0.32) }
    }
}
