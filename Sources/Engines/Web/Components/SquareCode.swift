import CQR

/// A QR code as vector drawing, dark on white whatever the theme: telephones read it so. Nothing of it is sent anywhere.
package struct SquareCode: Rendered {
    private let text: String
    private let label: String

    /// - Parameter label: said to those who cannot see it.
    package init(_ text: String, label: String) {
        self.text = text
        self.label = label
    }

    package var markup: Markup {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return "<code class=\"wraps\">\(text)</code>" }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        var path = ""
        for y in 0..<width {
            var x = 0
            while x < width {
                let start = x
                while x < width, code.pointee.data[y * width + x] & 1 == 1 { x += 1 }
                if x > start { path += "M\(start + 4) \(y + 4)h\(x - start)v1h-\(x - start)z" }
                x += 1
            }
        }
        let side = width + 8
        return """
            <svg class="square-code" role="img" aria-label="\(label)" viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges"><rect width="\(side)" height="\(side)" fill="#fff"></rect>\
            <path fill="#000" d="\(path)"></path></svg>
            """
    }
}
