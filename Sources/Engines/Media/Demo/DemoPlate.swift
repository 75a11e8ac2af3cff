import Kernel

/// Draws a number plate 440×140 (GA 36: 440 mm by 140 mm, so a pixel is a millimetre).
enum DemoPlate {
    static func draw(_ text: String, _ color: PlateColor, font: String?, isClose: Bool, light: DemoLight, noise: inout DemoNoise) throws -> Picture {
        let canvas = try DemoCanvas(width: 440, height: 140, font: font)
        let shade = isClose ? 0.72 + 0.28 * light.day : 1
        background(canvas, color, shade)
        let ink = (color == .blue || color == .black ? Paint(248, 248, 250) : Paint(20, 20, 22)).scaled(shade)
        frame(canvas, ink)
        letters(canvas, text, ink)
        if isClose { weather(canvas, &noise) }
        return canvas.picture
    }

    private static func background(_ canvas: DemoCanvas, _ color: PlateColor, _ shade: Double) {
        switch color {
        case .blue: canvas.gradient(0, 0, 440, 140, Paint(18, 74, 178).scaled(shade), Paint(10, 52, 140).scaled(shade))
        case .yellow: canvas.gradient(0, 0, 440, 140, Paint(250, 196, 22).scaled(shade), Paint(232, 170, 8).scaled(shade))
        case .green: canvas.gradient(0, 0, 440, 140, Paint(238, 246, 240).scaled(shade), Paint(62, 190, 118).scaled(shade))
        case .yellowGreen:
            canvas.box(0, 0, 440, 140, Paint(86, 192, 110).scaled(shade))
            canvas.box(0, 0, 126, 140, Paint(246, 190, 20).scaled(shade))
        case .white, .other: canvas.gradient(0, 0, 440, 140, Paint(250, 250, 248).scaled(shade), Paint(228, 228, 226).scaled(shade))
        case .black: canvas.gradient(0, 0, 440, 140, Paint(34, 34, 36).scaled(shade), Paint(16, 16, 18).scaled(shade))
        }
    }

    private static func frame(_ canvas: DemoCanvas, _ ink: Paint) {
        for (x, y, w, h) in [(6.0, 6.0, 428.0, 3.0), (6, 131, 428, 3), (6, 6, 3, 128), (431, 6, 3, 128)] { canvas.box(x, y, w, h, ink) }
        for (x, y) in [(112.0, 17.0), (328, 17), (112, 123), (328, 123)] {
            canvas.disc(x, y, 6, Paint(150, 150, 150))
            canvas.disc(x - 1, y - 1, 4, Paint(205, 205, 205))
        }
    }

    /// Province and letter, a dot, then five or six more.
    private static func letters(_ canvas: DemoCanvas, _ text: String, _ ink: Paint) {
        let all = Array(text).filter { $0 != "·" && $0 != " " }
        let isLong = all.count > 7
        let size = isLong ? 47.0 : 56.0
        let emboss = Paint(0, 0, 0, alpha: 0.22)
        let places = isLong ? [42.0, 95, 152, 201, 250, 299, 348, 397] : [46.0, 105, 172, 226, 280, 334, 388]
        for (place, (index, letter)) in zip(places, all.enumerated()) {
            let glyph = index == 0 ? size * 0.84 : size
            canvas.text(String(letter), place + 2, 72, size: glyph, emboss, anchor: .center)
            canvas.text(String(letter), place, 70, size: glyph, ink, anchor: .center)
            canvas.text(String(letter), place + 1, 70, size: glyph, ink, anchor: .center)
        }
        canvas.disc(isLong ? 123 : 138, 72, 5, ink)
    }

    /// Dust and splashes.
    private static func weather(_ canvas: DemoCanvas, _ noise: inout DemoNoise) {
        let mud = Paint(96, 82, 62)
        for _ in 0..<Int(noise.between(4, 22)) {
            canvas.disc(noise.between(0, 440), noise.between(40, 140), noise.between(1, 3.4), mud.faded(noise.between(0.25, 0.6)))
        }
        for band in 0..<5 { canvas.box(0, 112 + Double(band) * 6, 440, 6, mud.faded(0.04 + 0.035 * Double(band))) }
        let x = noise.between(60, 360)
        canvas.fill([Spot(x, 0), Spot(x + 60, 0), Spot(x + 10, 140), Spot(x - 50, 140)], Paint.white.faded(0.07))
        canvas.develop(grain: 9, vignette: 0.1, seed: noise.next())
    }
}
