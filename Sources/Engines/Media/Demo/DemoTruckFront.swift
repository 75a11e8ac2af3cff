import Kernel

/// A truck seen from the front, stopped at the line.
enum DemoTruckFront {
    private static let middle = 500.0

    static func draw(_ truck: DemoTruck, on canvas: DemoCanvas, _ light: DemoLight, _ number: Picture) {
        shadow(canvas)
        load(truck, canvas, light)
        wheels(canvas, light)
        cab(truck, canvas, light)
        windscreen(truck, canvas, light)
        face(truck, canvas, light)
        mirrors(canvas, light)
        canvas.box(middle - 59, 418, 118, 39, light.near(Paint(30, 32, 34)))
        canvas.paste(number, middle - 55, 420, 110, 35)
        lamps(truck, canvas, light)
    }

    private static func at(_ dx: Double, _ y: Double) -> Spot { Spot(middle + dx, y) }

    private static func shadow(_ canvas: DemoCanvas) {
        for step in 0..<6 { canvas.oval(middle, 470, 226 - Double(step) * 12, 27 - Double(step) * 2.6, Paint(0, 0, 0, alpha: 0.13)) }
    }

    private static func load(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        let paint = light.near(truck.cargo)
        switch truck.body {
        case .van, .tarpaulin:
            canvas.fill(DemoCanvas.smooth([at(-172, 92), at(172, 92), at(178, 400), at(-178, 400)], radius: 8), paint.scaled(0.8))
            canvas.fill(DemoCanvas.smooth([at(-166, 97), at(166, 97), at(168, 140), at(-168, 140)], radius: 6), paint)
            if truck.body == .tarpaulin {
                for fold in -5...5 { canvas.line(at(Double(fold) * 31, 98), at(Double(fold) * 32, 138), 1, paint.scaled(0.7)) }
            }
        case .tipper:
            canvas.fill([at(-176, 168), at(176, 168), at(176, 400), at(-176, 400)], paint.scaled(0.7))
            canvas.fill([at(-168, 170), at(-80, 126), at(-10, 138), at(90, 120), at(168, 170)], light.near(Paint(104, 92, 78)))
        case .tanker:
            canvas.oval(middle, 232, 168, 140, paint.scaled(0.72))
            canvas.oval(middle, 230, 158, 131, paint)
        }
    }

    private static func wheels(_ canvas: DemoCanvas, _ light: DemoLight) {
        for side in [-1.0, 1] {
            let x = middle + side * 128
            canvas.rounded(x - 27, 392, 54, 84, radius: 12, light.near(Paint(30, 30, 32)))
            for groove in 0..<3 { canvas.box(x - 16 + Double(groove) * 14, 436, 3, 36, light.near(Paint(50, 50, 52))) }
        }
        canvas.box(middle - 100, 430, 200, 26, light.near(Paint(24, 25, 27)))
    }

    private static func cab(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        let paint = light.near(truck.paint)
        let top = truck.isTall ? 100.0 : 128
        if truck.isTall {
            canvas.fill(DemoCanvas.smooth([at(-118, top - 12), at(118, top - 12), at(146, 150), at(-146, 150)], radius: 26), paint.scaled(0.9))
            canvas.fill(DemoCanvas.smooth([at(-104, top - 5), at(104, top - 5), at(122, 124), at(-122, 124)], radius: 18), paint.mixed(with: .white, 0.12))
        }
        canvas.fill(DemoCanvas.smooth([at(-150, 128), at(150, 128), at(164, 446), at(-164, 446)], radius: 18), paint.scaled(0.78))
        canvas.fill(DemoCanvas.smooth([at(-142, 130), at(142, 130), at(152, 440), at(-152, 440)], radius: 16), paint)
        for step in 0..<9 {
            let inset = Double(step) * 5
            canvas.fill(
                [at(104 + inset * 0.8, 140), at(110 + inset * 0.8, 140), at(117 + inset * 0.8, 436), at(111 + inset * 0.8, 436)], Paint.black.faded(0.03 + 0.012 * Double(step)))
        }
        canvas.fill([at(-138, 140), at(-124, 140), at(-132, 430), at(-148, 430)], Paint.white.faded(0.14))
    }

    private static func windscreen(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        canvas.fill(DemoCanvas.smooth([at(-134, 146), at(134, 146), at(144, 276), at(-144, 276)], radius: 14), Paint(18, 20, 23))
        let glass = light.isDark ? Paint(24, 28, 36) : Paint(54, 70, 84)
        canvas.fill(DemoCanvas.smooth([at(-128, 158), at(128, 158), at(137, 270), at(-137, 270)], radius: 10), glass)
        canvas.fill([at(-128, 160), at(128, 160), at(130, 184), at(-130, 184)], light.skyBottom.faded(0.2))
        driver(canvas, light)
        canvas.fill([at(-126, 250), at(126, 250), at(136, 269), at(-136, 269)], Paint(22, 24, 27))
        canvas.fill([at(-70, 160), at(-26, 160), at(-88, 268), at(-128, 268)], Paint.white.faded(light.isDark ? 0.04 : 0.12))
        canvas.fill([at(-10, 160), at(4, 160), at(-58, 268), at(-72, 268)], Paint.white.faded(light.isDark ? 0.03 : 0.09))
        canvas.fill(DemoCanvas.smooth([at(-138, 138), at(138, 138), at(132, 160), at(-132, 160)], radius: 6), light.near(truck.paint).scaled(0.5))
        for x in [84.0, 104] { canvas.rounded(middle + x, 166, 15, 17, radius: 3, light.near(Paint(96, 176, 120))) }
        canvas.line(at(-20, 276), at(-104, 256), 3, Paint(12, 12, 13))
        canvas.line(at(40, 276), at(-36, 258), 3, Paint(12, 12, 13))
        canvas.line(at(110, 276), at(34, 258), 3, Paint(12, 12, 13))
    }

    private static func driver(_ canvas: DemoCanvas, _ light: DemoLight) {
        let dim = light.isDark ? 0.42 : 0.7
        canvas.oval(middle + 72, 246, 37, 23, Paint(52, 62, 84).scaled(dim))
        canvas.oval(middle + 72, 211, 15, 18, Paint(186, 148, 122).scaled(dim))
        canvas.oval(middle + 72, 200, 16, 11, Paint(34, 30, 28).scaled(dim))
        canvas.oval(middle + 70, 250, 29, 17, Paint(16, 17, 19))
        canvas.oval(middle + 70, 253, 24, 14, Paint(44, 52, 70).scaled(dim))
        canvas.rounded(middle - 104, 196, 54, 70, radius: 12, Paint(38, 42, 48).scaled(dim))
        canvas.rounded(middle - 92, 180, 30, 22, radius: 7, Paint(38, 42, 48).scaled(dim))
    }

    private static func face(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        let chrome = light.near(Paint(206, 210, 214))
        canvas.fill(DemoCanvas.smooth([at(-112, 288), at(112, 288), at(106, 380), at(-106, 380)], radius: 14), light.near(Paint(26, 28, 31)))
        for bar in 0..<5 {
            let y = 302 + Double(bar) * 16
            canvas.rounded(middle - 100 + Double(bar), y, 200 - Double(bar) * 2, 5, radius: 2, chrome.scaled(bar == 0 ? 1 : 0.62))
        }
        canvas.disc(middle, 306, 17, chrome)
        canvas.disc(middle, 306, 14, light.near(Paint(150, 30, 34)))
        canvas.text("微", middle, 306, size: 13, light.near(.white), anchor: .center)
        canvas.fill(DemoCanvas.smooth([at(-162, 396), at(162, 396), at(164, 450), at(-164, 450)], radius: 12), light.near(truck.paint).mixed(with: Paint(60, 62, 66), 0.55))
        canvas.box(middle - 150, 399, 300, 3, Paint.white.faded(0.18))
        for side in [-1.0, 1] {
            canvas.rounded(middle + side * 112 - 17, 418, 34, 18, radius: 6, light.near(Paint(40, 42, 46)))
            canvas.disc(middle + side * 112, 427, 7, light.near(Paint(226, 222, 200)))
        }
        for speck in 0..<5 { canvas.box(middle - 164, 420 + Double(speck) * 6, 328, 6, Paint(110, 96, 76, alpha: truck.dirt * (0.2 + 0.18 * Double(speck)))) }
    }

    private static func mirrors(_ canvas: DemoCanvas, _ light: DemoLight) {
        for side in [-1.0, 1] {
            canvas.line(at(side * 144, 158), at(side * 186, 170), 5, light.near(Paint(34, 36, 39)))
            canvas.line(at(side * 150, 258), at(side * 184, 250), 5, light.near(Paint(34, 36, 39)))
            canvas.rounded(middle + side * 188 - 15, 166, 30, 92, radius: 9, light.near(Paint(38, 40, 44)))
            canvas.rounded(middle + side * 188 - 12, 170, 4, 80, radius: 2, light.near(Paint(78, 82, 88)))
        }
    }

    private static func lamps(_ truck: DemoTruck, _ canvas: DemoCanvas, _ light: DemoLight) {
        for side in [-1.0, 1] {
            let shell = DemoCanvas.smooth([at(side * 112, 344), at(side * 156, 334), at(side * 160, 386), at(side * 114, 388)], radius: 9)
            canvas.fill(shell, light.near(Paint(30, 32, 36)))
            let lens = light.isDark ? Paint(255, 250, 226) : Paint(214, 220, 224)
            canvas.disc(middle + side * 136, 362, 15, lens.scaled(0.8))
            canvas.disc(middle + side * 136, 362, 10, lens)
            canvas.rounded(middle + side * 136 - 17, 381, 34, 4, radius: 2, Paint(238, 150, 40).scaled(light.isDark ? 1 : 0.85))
            if light.isDark {
                canvas.glow(middle + side * 136, 362, 96, Paint(255, 244, 206), 0.95)
                canvas.glow(middle + side * 120, 470, 110, Paint(150, 140, 108), 0.7)
            }
        }
        let roof = truck.isTall ? 98.0 : 134
        for lamp in -2...2 where lamp != 0 || truck.isTall {
            let x = middle + Double(lamp) * 44
            canvas.rounded(x - 8, roof, 16, 6, radius: 2, Paint(246, 164, 44))
            if light.isDark { canvas.glow(x, roof + 3, 18, Paint(240, 140, 30), 0.8) }
        }
    }
}
