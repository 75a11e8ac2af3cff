/// Files served from memory.
package struct AssetStore: Sendable {
    package struct Asset: Sendable {
        package var bytes: [UInt8]
        package var compressed: [UInt8]?
        package var contentType: String
    }

    /// `static/app.css`, `assets/htmx.min.js` …
    package let files: [String: Asset]
    /// Changes whenever any file changes; part of every asset's path.
    package let version: String

    package init(files: [String: Asset], version: String) {
        self.files = files
        self.version = version
    }

    package static let empty = AssetStore(files: [:], version: "0")

    /// `/static/<version>/app.css`.
    package func path(_ name: String) -> String { "/static/\(version)/\(name)" }
}
