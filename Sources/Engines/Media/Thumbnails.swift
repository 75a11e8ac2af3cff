import Kernel

/// Small copies of pictures for lists and cards.
package struct Thumbnails: Sendable {
    /// The widths that are made; any other is rounded up to the next, so that a visitor cannot fill the cache.
    package static let widths: [Int] = [160, 320, 640, 1280]

    private let threads: PictureThreads

    package init(threads: PictureThreads) { self.threads = threads }

    /// The smallest of `widths` that is not below `width`.
    package static func width(for width: Int) -> Int { widths.first { $0 >= width } ?? 1280 }

    /// A JPEG at most `maxWidth` wide with the picture's own proportions; a smaller picture keeps its size.
    ///
    /// - Throws: `JW-M001`…`JW-M005` for what is not a picture, `JW-M010` when too many wait.
    package func jpeg(of bytes: [UInt8], maxWidth: Int) async throws -> [UInt8] {
        try await threads.run { try Thumbnails.draw(bytes, maxWidth: maxWidth) }
    }

    /// The same on the caller's thread.
    package static func draw(_ bytes: [UInt8], maxWidth: Int) throws -> [UInt8] {
        let picture = try Picture(decoding: bytes)
        guard picture.width > maxWidth else { return try picture.jpeg(quality: 78) }
        return try picture.scaled(width: maxWidth, height: max(1, picture.height * maxWidth / picture.width)).jpeg(quality: 78)
    }
}
