import Foundation
import Kernel

/// The gate of a works: sky, plant, wall, road, portal, booth, barrier, sign.
enum DemoScene {
    static let horizon = 232.0

    static func draw(on canvas: DemoCanvas, _ light: DemoLight, _ photo: DemoPhoto, _ noise: inout DemoNoise) {
        // The place, not the truck, decides the backdrop, so every picture of a gate looks alike.
        var place = DemoNoise(seed: photo.enterprise.utf8.reduce(1469) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        sky(canvas, light, &noise)
        plant(canvas, light, &place)
        greenery(canvas, light, &place)
        ground(canvas, light)
        portal(canvas, light, photo.enterprise)
        booth(canvas, light)
        barrier(canvas, light)
        sign(canvas, light, photo)
    }

    private static func sky(_ canvas: DemoCanvas, _ light: DemoLight, _ noise: inout DemoNoise) {
        canvas.gradient(0, 0, 960, horizon, light.skyTop, light.skyBottom)
        let cloud = light.skyBottom.mixed(with: .white, 0.35 * light.day)
        for _ in 0..<4 {
            let x = noise.between(-60, 960), y = noise.between(14, 96), size = noise.between(40, 110)
            for part in 0..<5 {
                canvas.oval(x + Double(part) * size * 0.42, y + noise.between(-6, 6), size * 0.5, size * 0.13, cloud.faded(0.16 + 0.1 * light.day))
            }
        }
    }

    private static func plant(_ canvas: DemoCanvas, _ light: DemoLight, _ place: inout DemoNoise) {
        let steel = light.far(Paint(112, 120, 130), 0.42)
        let dark = light.far(Paint(86, 92, 102), 0.34)
        for _ in 0..<3 { stack(canvas, light, x: place.between(60, 900), top: place.between(30, 84)) }
        for index in 0..<6 {
            let x = Double(index) * 165 + place.between(-50, 20), width = place.between(90, 170), top = place.between(128, 184)
            canvas.fill(
                [Spot(x, horizon), Spot(x, top), Spot(x + width * 0.5, top - place.between(4, 18)), Spot(x + width, top), Spot(x + width, horizon)], index % 2 == 0 ? steel : dark)
            for window in 0..<Int(width / 18) {
                let isLit = light.isDark && place.next() % 3 == 0
                canvas.box(x + 8 + Double(window) * 17, top + 18, 8, 6, isLit ? Paint(250, 206, 128) : steel.scaled(0.82))
            }
        }
        silos(canvas, light, x: place.between(120, 700))
        canvas.line(Spot(0, 168), Spot(place.between(300, 420), 120), 7, dark)
        for post in 0..<5 { canvas.line(Spot(30 + Double(post) * 75, 164 - Double(post) * 9), Spot(30 + Double(post) * 75, horizon), 3, dark) }
    }

    private static func stack(_ canvas: DemoCanvas, _ light: DemoLight, x: Double, top: Double) {
        canvas.fill([Spot(x - 7, top), Spot(x + 7, top), Spot(x + 11, horizon), Spot(x - 11, horizon)], light.far(Paint(176, 178, 180), 0.38))
        for band in 0..<2 {
            let y = top + 6 + Double(band) * 24
            canvas.box(x - 7, y, 15, 10, light.far(Paint(190, 64, 52), 0.3))
        }
        for puff in 0..<7 {
            let drift = Double(puff)
            canvas.oval(
                x + 6 + drift * 13, top - 4 - drift * 4.2, 7 + drift * 4.4, 4 + drift * 2.1, light.skyBottom.mixed(with: .white, 0.5 * light.day).faded(0.26 - drift * 0.03))
        }
        if light.isDark { canvas.glow(x, top + 3, 14, Paint(255, 40, 30), 0.9) }
    }

    private static func silos(_ canvas: DemoCanvas, _ light: DemoLight, x: Double) {
        for index in 0..<3 {
            let left = x + Double(index) * 38
            canvas.rounded(left, 132, 33, 110, radius: 12, light.far(Paint(188, 190, 188), 0.36))
            canvas.box(left + 4, 142, 5, 96, light.far(Paint(222, 224, 222), 0.34))
        }
    }

    private static func greenery(_ canvas: DemoCanvas, _ light: DemoLight, _ place: inout DemoNoise) {
        canvas.box(0, horizon - 26, 960, 40, light.far(Paint(198, 188, 172), 0.2))
        canvas.box(0, horizon - 28, 960, 4, light.far(Paint(128, 92, 76), 0.2))
        for index in 0..<26 {
            let x = Double(index) * 38 + place.between(-12, 12), size = place.between(13, 24)
            let leaf = light.far(Paint(58 + place.between(0, 26), 98 + place.between(-8, 20), 56), 0.12)
            canvas.box(x - 2, horizon - 22, 4, 26, light.on(Paint(82, 66, 50)))
            canvas.oval(x, horizon - 34, size, size * 1.1, leaf)
            canvas.oval(x - size * 0.3, horizon - 40, size * 0.55, size * 0.5, leaf.mixed(with: .white, 0.1 * light.day))
        }
    }

    private static func ground(_ canvas: DemoCanvas, _ light: DemoLight) {
        canvas.gradient(0, horizon, 960, 540 - horizon, light.on(Paint(150, 146, 138)), light.on(Paint(124, 121, 115)))
        canvas.fill([Spot(0, 268), Spot(232, 238), Spot(262, 238), Spot(0, 352)], light.on(Paint(86, 118, 70)))
        canvas.fill([Spot(960, 268), Spot(728, 238), Spot(700, 238), Spot(960, 352)], light.on(Paint(86, 118, 70)))
        let asphalt = light.on(Paint(92, 94, 98))
        let steps = 44
        for step in 0..<steps {
            let a = Double(step) / Double(steps), b = Double(step + 1) / Double(steps)
            let top = horizon + 4 + (536 - horizon) * a, bottom = horizon + 4 + (536 - horizon) * b
            let left = 300 - 330 * a, right = 660 + 330 * a
            let lamp = light.isDark ? 1 + 0.9 * a : 1
            canvas.fill([Spot(left, top), Spot(right, top), Spot(right + 8, bottom), Spot(left - 8, bottom)], asphalt.scaled((0.92 + 0.12 * a) * lamp))
            let curb = step % 2 == 0 ? light.on(Paint(228, 186, 40)) : light.on(Paint(48, 48, 50))
            let thick = 3 + 9 * a
            canvas.fill([Spot(left - thick, top), Spot(left, top), Spot(left - 8, bottom), Spot(left - 8 - thick, bottom)], curb)
            canvas.fill([Spot(right, top), Spot(right + thick, top), Spot(right + 8 + thick, bottom), Spot(right + 8, bottom)], curb)
        }
        let mark = light.near(Paint(222, 222, 216)).faded(0.75)
        canvas.fill([Spot(150, 452), Spot(810, 452), Spot(822, 463), Spot(138, 463)], mark)
        canvas.fill([Spot(96, 488), Spot(864, 488), Spot(874, 496), Spot(86, 496)], Paint(226, 186, 60).scaled(0.5 + 0.45 * light.day).faded(0.75))
    }

    private static func portal(_ canvas: DemoCanvas, _ light: DemoLight, _ enterprise: String) {
        let stone = light.on(Paint(206, 202, 194)), edge = light.on(Paint(150, 146, 140))
        for x in [196.0, 738.0] {
            canvas.box(x, 50, 28, 204, stone)
            canvas.box(x + 20, 50, 8, 204, edge)
            canvas.box(x - 5, 246, 38, 12, edge)
        }
        let band = light.isDark ? Paint(26, 48, 92) : light.on(Paint(34, 74, 138))
        canvas.box(176, 28, 610, 44, band)
        canvas.box(176, 28, 610, 3, light.on(Paint(230, 232, 236)))
        canvas.box(176, 69, 610, 3, light.on(Paint(18, 40, 84)))
        let name = String(enterprise.prefix(18))
        canvas.text(name, 481, 51, size: 19, light.isDark ? Paint(255, 226, 160) : Paint(245, 246, 248), anchor: .center, spacing: name.count < 12 ? 7 : 2)
        if light.isDark {
            for x in [260.0, 480, 700] { canvas.glow(x, 76, 130, Paint(150, 142, 110), 0.75) }
        }
    }

    private static func booth(_ canvas: DemoCanvas, _ light: DemoLight) {
        canvas.fill([Spot(24, 388), Spot(196, 372), Spot(196, 384), Spot(24, 402)], light.on(Paint(90, 88, 86)))
        canvas.box(34, 196, 150, 190, light.near(Paint(226, 228, 226)))
        canvas.box(156, 196, 28, 190, light.near(Paint(196, 198, 198)))
        canvas.box(34, 336, 150, 50, light.near(Paint(44, 86, 150)))
        canvas.box(156, 336, 28, 50, light.near(Paint(34, 70, 126)))
        canvas.box(22, 184, 174, 15, light.near(Paint(64, 70, 78)))
        canvas.box(22, 196, 174, 4, light.near(Paint(34, 38, 44)))
        let glass = light.isDark ? Paint(250, 222, 158) : Paint(104, 138, 158)
        canvas.box(46, 222, 98, 84, glass)
        canvas.box(160, 222, 18, 84, glass.scaled(0.85))
        if !light.isDark { canvas.fill([Spot(60, 222), Spot(92, 222), Spot(60, 306), Spot(46, 306), Spot(46, 262)], Paint.white.faded(0.16)) }
        canvas.box(94, 222, 3, 84, light.near(Paint(210, 212, 212)))
        canvas.disc(120, 276, 10, light.isDark ? Paint(120, 90, 66) : Paint(60, 56, 56))
        canvas.oval(120, 304, 18, 20, light.isDark ? Paint(46, 58, 84) : Paint(38, 52, 76))
        canvas.box(46, 304, 98, 4, light.near(Paint(210, 212, 212)))
        canvas.text("门  岗", 96, 361, size: 15, light.near(.white), anchor: .center)
        if light.isDark { canvas.glow(96, 262, 120, Paint(150, 124, 74), 0.5) }
    }

    private static func barrier(_ canvas: DemoCanvas, _ light: DemoLight) {
        let base = Spot(232, 318), tip = Spot(316, 24)
        for part in 0..<9 {
            let stripe = part % 2 == 0 ? light.near(Paint(216, 44, 38)) : light.near(Paint(240, 240, 238))
            canvas.line(base.toward(tip, Double(part) / 9), base.toward(tip, Double(part + 1) / 9), 8, stripe)
        }
        canvas.rounded(212, 302, 44, 98, radius: 5, light.near(Paint(232, 124, 26)))
        canvas.box(244, 306, 10, 90, light.near(Paint(190, 96, 16)))
        canvas.rounded(220, 314, 20, 26, radius: 3, light.near(Paint(42, 44, 48)))
        canvas.disc(230, 321, 4, Paint(48, 226, 96))
        canvas.box(206, 398, 56, 7, light.near(Paint(72, 72, 74)))
        canvas.glow(230, 321, 13, Paint(30, 200, 80), 0.6)
    }

    private static func sign(_ canvas: DemoCanvas, _ light: DemoLight, _ photo: DemoPhoto) {
        canvas.box(856, 288, 9, 120, light.near(Paint(92, 96, 102)))
        canvas.rounded(786, 206, 150, 92, radius: 6, Paint(26, 28, 32))
        canvas.box(793, 213, 136, 78, Paint(8, 8, 10))
        canvas.text(photo.plate, 861, 232, size: 15, Paint(255, 72, 48), anchor: .center)
        canvas.text(photo.kind == .head ? "请减速 识别中" : "一路平安", 861, 268, size: 13, Paint(70, 238, 110), anchor: .center)
        if light.isDark { canvas.glow(861, 250, 96, Paint(120, 60, 40), 0.4) }
        canvas.box(836, 404, 50, 8, light.near(Paint(72, 72, 74)))
    }
}
