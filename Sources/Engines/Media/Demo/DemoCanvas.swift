import CGD
import Foundation
import Kernel

/// A colour; `alpha` 1 is opaque.
struct Paint: Sendable {
    var red: Double
    var green: Double
    var blue: Double
    var alpha = 1.0

    init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// As GD packs it: seven bits of transparency above eight each of red, green and blue.
    var packed: Int32 {
        func byte(_ value: Double) -> Int32 { Int32(max(0, min(255, value))) }
        return Int32(127 - 127 * max(0, min(1, alpha))) << 24 | byte(red) << 16 | byte(green) << 8 | byte(blue)
    }

    func mixed(with other: Paint, _ share: Double) -> Paint {
        Paint(red + (other.red - red) * share, green + (other.green - green) * share, blue + (other.blue - blue) * share, alpha: alpha)
    }

    func scaled(_ factor: Double) -> Paint { Paint(red * factor, green * factor, blue * factor, alpha: alpha) }
    func faded(_ alpha: Double) -> Paint { Paint(red, green, blue, alpha: alpha) }

    static let black = Paint(0, 0, 0)
    static let white = Paint(255, 255, 255)
}

/// A place on the canvas, in pixels from the top left.
struct Spot: Sendable {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    func toward(_ other: Spot, _ share: Double) -> Spot { Spot(x + (other.x - x) * share, y + (other.y - y) * share) }
}

/// Drawing words over one picture.
struct DemoCanvas {
    let picture: Picture
    let font: String?
    private var image: gdImagePtr { picture.image }

    init(width: Int, height: Int, font: String?) throws {
        picture = try Picture(width: width, height: height)
        self.font = font
    }

    var width: Double { Double(picture.width) }
    var height: Double { Double(picture.height) }

    /// Opaque paint gets smooth edges; translucent paint is blended.
    func fill(_ spots: [Spot], _ paint: Paint) {
        var points = spots.map { gdPoint(x: Int32($0.x.rounded()), y: Int32($0.y.rounded())) }
        let count = Int32(points.count)
        if paint.alpha >= 1 {
            gdImageSetAntiAliased(image, paint.packed)
            gdImageFilledPolygon(image, &points, count, Int32(gdAntiAliased))
        } else {
            gdImageFilledPolygon(image, &points, count, paint.packed)
        }
    }

    func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ paint: Paint) {
        gdImageFilledRectangle(image, Int32(x), Int32(y), Int32(x + width - 1), Int32(y + height - 1), paint.packed)
    }

    func rounded(_ x: Double, _ y: Double, _ width: Double, _ height: Double, radius: Double, _ paint: Paint) {
        fill(Self.smooth([Spot(x, y), Spot(x + width, y), Spot(x + width, y + height), Spot(x, y + height)], radius: radius), paint)
    }

    func disc(_ x: Double, _ y: Double, _ radius: Double, _ paint: Paint) { oval(x, y, radius, radius, paint) }

    func oval(_ x: Double, _ y: Double, _ rx: Double, _ ry: Double, _ paint: Paint) {
        let count = max(12, min(64, Int(max(rx, ry))))
        fill(
            (0..<count).map { index in
                let angle = 2 * Double.pi * Double(index) / Double(count)
                return Spot(x + rx * cos(angle), y + ry * sin(angle))
            }, paint)
    }

    func line(_ from: Spot, _ to: Spot, _ thickness: Double, _ paint: Paint) {
        if thickness <= 1.2 {
            gdImageSetAntiAliased(image, paint.packed)
            gdImageLine(image, Int32(from.x), Int32(from.y), Int32(to.x), Int32(to.y), paint.alpha >= 1 ? Int32(gdAntiAliased) : paint.packed)
            return
        }
        let dx = to.x - from.x
        let dy = to.y - from.y
        let length = max(0.001, (dx * dx + dy * dy).squareRoot())
        let nx = -dy / length * thickness / 2
        let ny = dx / length * thickness / 2
        fill([Spot(from.x + nx, from.y + ny), Spot(to.x + nx, to.y + ny), Spot(to.x - nx, to.y - ny), Spot(from.x - nx, from.y - ny)], paint)
    }

    /// Horizontal lines from one colour to another, top to bottom.
    func gradient(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ top: Paint, _ bottom: Paint) {
        for row in 0..<max(1, Int(height)) {
            let paint = top.mixed(with: bottom, Double(row) / max(1, height - 1))
            gdImageLine(image, Int32(x), Int32(y) + Int32(row), Int32(x + width - 1), Int32(y) + Int32(row), paint.packed)
        }
    }

    /// Light added around a lamp, fading outward.
    func glow(_ x: Double, _ y: Double, _ radius: Double, _ paint: Paint, _ strength: Double) {
        guard let rows = image.pointee.tpixels else { return }
        let minX = max(0, Int(x - radius)), maxX = min(picture.width - 1, Int(x + radius))
        let minY = max(0, Int(y - radius)), maxY = min(picture.height - 1, Int(y + radius))
        guard minX <= maxX, minY <= maxY else { return }
        for py in minY...maxY {
            guard let row = rows[py] else { continue }
            let dy = Double(py) - y
            for px in minX...maxX {
                let dx = Double(px) - x
                let near = 1 - (dx * dx + dy * dy) / (radius * radius)
                if near <= 0 { continue }
                let share = near * near * near * strength
                let color = row[px]
                let red = min(255, Int32(share * paint.red) + (color >> 16 & 255))
                let green = min(255, Int32(share * paint.green) + (color >> 8 & 255))
                let blue = min(255, Int32(share * paint.blue) + (color & 255))
                row[px] = red << 16 | green << 8 | blue
            }
        }
    }

    enum Anchor { case left, center, right }

    /// Text with its capital letters' middle at `y`. Without a font only ASCII is drawn, in GD's own letters.
    func text(_ text: String, _ x: Double, _ y: Double, size: Double, _ paint: Paint, anchor: Anchor = .left, spacing: Double = 0, angle: Double = 0) {
        guard let font else { return plainText(text, x, y, paint, anchor) }
        if spacing > 0 {
            let total = text.reduce(0) { $0 + measure(String($1), size, font) + spacing } - spacing
            var at = anchor == .left ? x : anchor == .center ? x - total / 2 : x - total
            for letter in text {
                self.text(String(letter), at, y, size: size, paint)
                at += measure(String(letter), size, font) + spacing
            }
            return
        }
        let shift = anchor == .left ? 0 : measure(text, size, font) * (anchor == .center ? 0.5 : 1)
        var bounds = [Int32](repeating: 0, count: 8)
        _ = font.withCString { path in
            text.withCString { gdImageStringFT(image, &bounds, paint.packed, path, size, angle, Int32(x - shift), Int32(y + size * 0.5), $0) }
        }
    }

    /// Advance in pixels.
    private func measure(_ text: String, _ size: Double, _ font: String) -> Double {
        var bounds = [Int32](repeating: 0, count: 8)
        _ = font.withCString { path in text.withCString { gdImageStringFT(nil, &bounds, 0, path, size, 0, 0, 0, $0) } }
        return Double(bounds[2] - bounds[0])
    }

    private func plainText(_ text: String, _ x: Double, _ y: Double, _ paint: Paint, _ anchor: Anchor) {
        guard let letters = gdFontGetGiant() else { return }
        var ascii = text.utf8.filter { $0 < 128 } + [0]
        let total = Double(ascii.count - 1) * Double(letters.pointee.w)
        let start = anchor == .left ? x : anchor == .center ? x - total / 2 : x - total
        gdImageString(image, letters, Int32(start), Int32(y) - letters.pointee.h / 2, &ascii, paint.packed)
    }

    func paste(_ other: Picture, _ x: Double, _ y: Double, _ width: Double, _ height: Double) {
        gdImageCopyResampled(image, other.image, Int32(x), Int32(y), 0, 0, Int32(width), Int32(height), Int32(other.width), Int32(other.height))
    }

    /// What a camera does to a scene: a little softness, grain, and darker corners.
    func develop(grain: Int, vignette: Double, seed: UInt64) {
        guard let rows = image.pointee.tpixels else { return }
        let width = picture.width, height = picture.height
        let noise = DemoNoise.grain
        var place = Int(truncatingIfNeeded: seed & 0xFFF)
        noise.withUnsafeBufferPointer { noise in
            for y in 0..<height {
                guard let row = rows[y], let below = rows[min(height - 1, y + 1)] else { continue }
                let dy = Double(y * 2 - height) / Double(height)
                place = (place + 977) & 0xFFF
                for block in stride(from: 0, to: width, by: 16) {
                    let dx = Double(block * 2 - width) / Double(width)
                    let light = Int32(256 * (1 - vignette * (dx * dx + dy * dy)))
                    for x in block..<min(width, block + 16) {
                        let a = row[x], b = row[min(width - 1, x + 1)], c = below[x]
                        let ab = (a & b) &+ ((a ^ b) & 0xFE_FEFE) >> 1
                        let soft = (ab & c) &+ ((ab ^ c) & 0xFE_FEFE) >> 1
                        let add = Int32(noise[(place &+ x) & 0xFFF]) &* Int32(grain) / 16
                        let red = ((soft >> 16 & 255) &* light) >> 8 &+ add
                        let green = ((soft >> 8 & 255) &* light) >> 8 &+ add
                        let blue = ((soft & 255) &* light) >> 8 &+ add
                        row[x] = max(0, min(255, red)) << 16 | max(0, min(255, green)) << 8 | max(0, min(255, blue))
                    }
                }
            }
        }
    }

    /// A polygon with its corners rounded off.
    static func smooth(_ corners: [Spot], radius: Double) -> [Spot] {
        var spots: [Spot] = []
        for index in corners.indices {
            let corner = corners[index]
            let before = corners[(index + corners.count - 1) % corners.count]
            let after = corners[(index + 1) % corners.count]
            func cut(_ other: Spot) -> Spot {
                let length = max(0.001, hypot(other.x - corner.x, other.y - corner.y))
                return corner.toward(other, min(0.5, radius / length))
            }
            let from = cut(before), to = cut(after)
            for step in 0...5 {
                let t = Double(step) / 5
                spots.append(from.toward(corner, t).toward(corner.toward(to, t), t))
            }
        }
        return spots
    }
}

/// Repeatable chance, and a sheet of film grain made once.
struct DemoNoise: RandomNumberGenerator {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    mutating func between(_ low: Double, _ high: Double) -> Double { Double.random(in: low...high, using: &self) }
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int(next() % UInt64(choices.count))] }

    static let grain: [Int8] = {
        var noise = DemoNoise(seed: 7)
        return (0..<4096).map { _ in Int8((0..<4).reduce(0) { sum, _ in sum + Int(noise.next() % 33) - 16 } / 4) }
    }()
}
