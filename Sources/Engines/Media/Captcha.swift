import CGD
import Cryptography

/// A few characters drawn so that a person reads them and a cheap program does not: each turned and moved, under lines and specks.
package enum Captcha {
    package static let width = 168
    package static let height = 56

    /// - Parameter text: up to six ASCII characters.
    /// - Returns: a PNG.
    /// - Throws: `.unexpected` `JW-M006` when there is no memory for it.
    package static func draw(_ text: String) throws -> [UInt8] {
        let picture = try Picture(width: width, height: height)
        let image = picture.image
        gdImageFilledRectangle(image, 0, 0, Int32(width), Int32(height), colour(244, 247, 250))
        for _ in 0..<7 { line(image, shade(150, 70)) }
        let step = (width - 24) / max(1, text.utf8.count)
        for (index, byte) in text.utf8.prefix(6).enumerated() {
            let letter = try Picture(width: 9, height: 16)
            let large = try Picture(width: 27, height: 44)
            let paper = colour(244, 247, 250)
            gdImageFilledRectangle(letter.image, 0, 0, 9, 16, paper)
            gdImageChar(letter.image, gdFontGetGiant(), 0, 0, Int32(byte), shade(20, 90))
            gdImageCopyResampled(large.image, letter.image, 0, 0, 0, 0, 27, 44, 9, 16)
            gdImageColorTransparent(large.image, gdImageGetTrueColorPixel(large.image, 0, 0))
            let x = Double(12 + step * index + step / 2 + below(9) - 4)
            gdImageCopyRotated(image, large.image, x, Double(height / 2 + below(9) - 4), 0, 0, 27, 44, Int32(below(51) - 25))
        }
        for _ in 0..<4 { line(image, shade(60, 90)) }
        for _ in 0..<160 { gdImageSetPixel(image, Int32(below(width)), Int32(below(height)), shade(80, 120)) }
        return try picture.png()
    }

    private static func line(_ image: gdImagePtr, _ colour: Int32) {
        gdImageSetThickness(image, Int32(1 + below(2)))
        gdImageArc(image, Int32(below(width)), Int32(below(height)), Int32(40 + below(180)), Int32(12 + below(80)), Int32(below(180)), Int32(180 + below(180)), colour)
    }

    private static func below(_ bound: Int) -> Int { SecureRandom.below(bound) }
    private static func shade(_ from: Int, _ span: Int) -> Int32 { colour(from + below(span), from + below(span), from + below(span)) }
    private static func colour(_ red: Int, _ green: Int, _ blue: Int) -> Int32 { Int32(red) << 16 | Int32(green) << 8 | Int32(blue) }
}
