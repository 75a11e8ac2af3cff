import Kernel

/// A truck seen from its side, cab to the left, passing the barrier.
enum DemoTruckSide {
    private static let floor = 372.0

    static func draw(_ truck: DemoTruck, on canvas: DemoCanvas, _ light: DemoLight, _ number: Picture, plate: String) {
        for step in 0..<5 { canvas.oval(520, 466, 385 - Double(step) * 14, 18 - Double(step) * 2, Paint(0, 0, 0, alpha: 0.14)) }
        chassis(canvas, light)
        switch truck.body {
        case .van: van(truck, canvas, light, plate)
        case .tipper: tipper(truck, canvas, light, plate)
        case .tanker: tanker(truck, canvas, light, plate)
        case .tarpaulin: tarpaulin(truck, canvas, light, plate)
        }
        cab(truck, canvas, light)
        for x in [268.0, 604, 688, 772] { wheel(canvas, light, x) }
        reflectors(canvas, light)
        for band in 0..<6 { canvas.box(340, 342 + Double(band) * 7, 520, 7, Paint(118, 102, 80, alpha: truck.dirt * 0.16 * Double(band))) }
        canvas.paste(number, 168, 410, 54, 18)
        if light.isDark {
            canvas.glow(164, 386, 90, Paint(255, 244, 206), 0.95)
            canvas.glow(110, 462, 120, Paint(170, 158, 120), 0.7)
            canvas.glow(868, 400, 26, Paint(230, 30, 24), 0.9)
        }
    }

    private static func chassis(_ canvas: DemoCanvas, _ light: DemoLight) {
        let steel = light.near(Paint(44, 46, 50))
        canvas.box(210, 384, 654, 20, steel)
        canvas.rounded(352, 398, 120, 46, radius: 10, light.near(Paint(120, 124, 130)))
        for strap in [376.0, 440] { canvas.box(strap, 398, 6, 46, light.near(Paint(70, 72, 76))) }
        canvas.box(478, 400, 70, 40, steel)
        canvas.box(344, 420, 216, 4, light.near(Paint(210, 212, 214)))
        canvas.box(344, 436, 216, 4, light.near(Paint(210, 212, 214)))
        for x in [646.0, 730] { canvas.box(x - 2, 404, 4, 60, light.near(Paint(26, 27, 29))) }
        canvas.box(818, 402, 6, 60, light.near(Paint(26, 27, 29)))
    }

    private static func van(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight, _ plate: String) {
        let paint = light.near(truck.cargo)
        canvas.gradient(340, 146, 524, floor - 134, paint.mixed(with: .white, 0.12), paint.scaled(0.84))
        for rib in 1..<20 {
            canvas.box(340 + Double(rib) * 26, 152, 2, floor - 146, paint.scaled(0.8))
            canvas.box(342 + Double(rib) * 26, 152, 1, floor - 146, paint.mixed(with: .white, 0.2))
        }
        frame(canvas, light, top: 146)
        canvas.text("演示运输", 600, 226, size: 32, lettering(truck.cargo, light), anchor: .center, spacing: 22)
        canvas.text(plate, 600, 304, size: 26, lettering(truck.cargo, light), anchor: .center, spacing: 8)
    }

    private static func tarpaulin(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight, _ plate: String) {
        let cloth = light.near(truck.cargo)
        canvas.fill(DemoCanvas.smooth([Spot(342, 190), Spot(420, 160), Spot(790, 160), Spot(862, 190), Spot(862, 320), Spot(342, 320)], radius: 14), cloth)
        for fold in 0..<17 { canvas.line(Spot(356 + Double(fold) * 31, 172), Spot(350 + Double(fold) * 31, 316), 2, cloth.scaled(fold % 2 == 0 ? 0.82 : 0.92)) }
        for rope in 0..<8 {
            canvas.line(Spot(346 + Double(rope) * 66, 316), Spot(380 + Double(rope) * 66, 200), 1, light.near(Paint(230, 226, 210)))
            canvas.line(Spot(412 + Double(rope) * 64, 316), Spot(380 + Double(rope) * 66, 200), 1, light.near(Paint(230, 226, 210)))
        }
        let board = light.near(truck.paint).scaled(0.86)
        canvas.box(340, 308, 524, 76, board)
        for post in 0..<9 { canvas.box(340 + Double(post) * 65, 304, 6, 82, board.scaled(0.7)) }
        canvas.box(340, 332, 524, 3, board.scaled(0.75))
        canvas.box(340, 358, 524, 3, board.scaled(0.75))
        canvas.text(plate, 602, 346, size: 20, light.near(.white), anchor: .center, spacing: 6)
    }

    private static func tipper(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight, _ plate: String) {
        let paint = light.near(truck.cargo)
        canvas.fill(
            DemoCanvas.smooth([Spot(360, 208), Spot(450, 172), Spot(560, 186), Spot(680, 164), Spot(800, 190), Spot(858, 210)], radius: 30), light.near(Paint(106, 92, 76)))
        canvas.fill([Spot(338, 202), Spot(868, 202), Spot(858, 384), Spot(348, 384)], paint)
        canvas.fill([Spot(338, 202), Spot(868, 202), Spot(867, 216), Spot(339, 216)], paint.mixed(with: .white, 0.18))
        for rib in 0..<9 {
            let x = 356 + Double(rib) * 60
            canvas.fill([Spot(x, 216), Spot(x + 12, 216), Spot(x + 11, 384), Spot(x + 1, 384)], paint.scaled(0.8))
            canvas.box(x, 216, 2, 168, paint.mixed(with: .white, 0.22))
        }
        canvas.fill([Spot(330, 168), Spot(394, 190), Spot(394, 204), Spot(338, 204)], paint.scaled(0.9))
        canvas.rounded(500, 272, 210, 46, radius: 4, paint)
        canvas.text(plate, 605, 296, size: 25, lettering(truck.cargo, light), anchor: .center, spacing: 6)
    }

    private static func tanker(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight, _ plate: String) {
        let paint = light.near(truck.cargo.mixed(with: Paint(216, 220, 224), 0.6))
        for step in 0..<46 {
            let t = Double(step) / 45, inset = 26 * (1 - (1 - (2 * t - 1) * (2 * t - 1)).squareRoot())
            let shade = t < 0.24 ? 0.82 + t : 1.06 - (t - 0.24) * 0.66
            canvas.box(342 + inset, 186 + t * 190, 524 - inset * 2, 5, paint.scaled(shade))
        }
        for ring in 0..<5 { canvas.box(420 + Double(ring) * 92, 188, 3, 190, paint.scaled(0.72)) }
        canvas.rounded(570, 172, 64, 20, radius: 6, light.near(Paint(150, 154, 158)))
        canvas.box(420, 180, 360, 3, light.near(Paint(120, 124, 128)))
        canvas.box(372, 318, 470, 10, light.near(Paint(206, 60, 40)))
        canvas.text(plate, 604, 268, size: 27, light.near(Paint(30, 52, 96)), anchor: .center, spacing: 8)
        canvas.box(360, 376, 490, 10, light.near(Paint(60, 62, 66)))
    }

    private static func frame(_ canvas: DemoCanvas, _ light: DemoLight, top: Double) {
        let metal = light.near(Paint(150, 154, 158))
        canvas.box(340, top, 524, 6, metal)
        canvas.box(340, 378, 524, 8, metal.scaled(0.7))
        canvas.box(340, top, 6, 386 - top, metal)
        canvas.box(858, top, 6, 386 - top, metal)
    }

    private static func lettering(_ ground: Paint, _ light: DemoLight) -> Paint {
        light.near(ground.red + ground.green + ground.blue > 430 ? Paint(40, 66, 112) : Paint(240, 240, 236))
    }

    private static func cab(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        let paint = light.near(truck.paint)
        if truck.isTall { canvas.fill(DemoCanvas.smooth([Spot(214, 174), Spot(322, 150), Spot(326, 206), Spot(194, 206)], radius: 18), paint.scaled(0.88)) }
        let shell = [Spot(182, 206), Spot(326, 198), Spot(330, 412), Spot(160, 412), Spot(158, 330)]
        canvas.fill(DemoCanvas.smooth(shell, radius: 16), paint)
        canvas.fill(DemoCanvas.smooth([Spot(160, 368), Spot(330, 368), Spot(330, 412), Spot(160, 412)], radius: 10), paint.scaled(0.82))
        let glass = light.isDark ? Paint(26, 30, 38) : Paint(60, 80, 96)
        canvas.fill(DemoCanvas.smooth([Spot(196, 222), Spot(282, 218), Spot(284, 300), Spot(186, 304)], radius: 10), Paint(18, 20, 22))
        canvas.fill(DemoCanvas.smooth([Spot(202, 227), Spot(277, 223), Spot(279, 294), Spot(193, 298)], radius: 8), glass)
        canvas.fill([Spot(210, 227), Spot(232, 226), Spot(208, 296), Spot(195, 297)], Paint.white.faded(light.isDark ? 0.05 : 0.17))
        canvas.oval(246, 262, 12, 15, Paint(176, 140, 116).scaled(light.isDark ? 0.4 : 0.72))
        canvas.fill([Spot(228, 296), Spot(236, 278), Spot(262, 278), Spot(272, 294)], Paint(52, 62, 84).scaled(light.isDark ? 0.5 : 0.8))
        canvas.line(Spot(188, 310), Spot(190, 400), 1, paint.scaled(0.6))
        canvas.line(Spot(290, 216), Spot(292, 404), 1, paint.scaled(0.6))
        canvas.rounded(262, 322, 22, 7, radius: 3, light.near(Paint(34, 36, 38)))
        canvas.rounded(168, 236, 15, 62, radius: 6, light.near(Paint(34, 36, 39)))
        canvas.line(Spot(180, 232), Spot(196, 222), 3, light.near(Paint(34, 36, 39)))
        canvas.fill(
            DemoCanvas.smooth([Spot(156, 374), Spot(188, 376), Spot(184, 400), Spot(156, 398)], radius: 6), light.isDark ? Paint(255, 248, 220) : light.near(Paint(212, 218, 222)))
        canvas.rounded(152, 400, 68, 34, radius: 8, light.near(Paint(62, 64, 68)))
        canvas.box(322, 210, 14, 180, light.near(Paint(54, 56, 60)))
        canvas.rounded(304, 400, 34, 28, radius: 4, light.near(Paint(54, 56, 60)))
        canvas.fill([Spot(164, 338), Spot(328, 330), Spot(328, 338), Spot(164, 346)], Paint.white.faded(0.28))
    }

    private static func wheel(_ canvas: DemoCanvas, _ light: DemoLight, _ x: Double) {
        canvas.disc(x, 432, 38, light.near(Paint(22, 22, 24)))
        canvas.disc(x, 432, 35, light.near(Paint(38, 38, 40)))
        canvas.disc(x, 432, 22, light.near(Paint(150, 152, 156)))
        canvas.disc(x, 432, 18, light.near(Paint(112, 114, 118)))
        canvas.disc(x, 432, 8, light.near(Paint(70, 72, 76)))
        for (dx, dy) in [(0.0, -13.0), (11, -7), (11, 7), (0, 13), (-11, 7), (-11, -7)] { canvas.disc(x + dx, 432 + dy, 2.4, light.near(Paint(196, 198, 200))) }
    }

    private static func reflectors(_ canvas: DemoCanvas, _ light: DemoLight) {
        for mark in 0..<13 {
            canvas.box(346 + Double(mark) * 40, 387, 20, 6, mark % 2 == 0 ? Paint(220, 40, 34).scaled(0.7 + 0.3 * light.day) : Paint(244, 244, 240).scaled(0.75 + 0.25 * light.day))
        }
        canvas.box(860, 390, 8, 18, Paint(208, 30, 26))
    }
}
