import Cryptography
import Foundation
import Kernel

/// Files served from memory, with gzip variants made at start.
package struct AssetStore: Sendable {
    package struct Asset: Sendable {
        package var bytes: [UInt8]
        package var compressed: [UInt8]?
        package var contentType: String

        package init(bytes: [UInt8], compressed: [UInt8]?, contentType: String) {
            self.bytes = bytes
            self.compressed = compressed
            self.contentType = contentType
        }
    }

    /// `static/app.css`, `assets/htmx.min.js` …
    package let files: [String: Asset]
    /// Changes whenever any file changes; part of every asset's path, so that browsers may keep files for ever.
    package let version: String

    package init(files: [String: Asset], version: String) {
        self.files = files
        self.version = version
    }

    package static let empty = AssetStore(files: [:], version: "0")

    /// `/static/<version>/app.css`.
    package func path(_ name: String) -> String { "/static/\(version)/\(name)" }
    /// `/assets/<version>/htmx.min.js`.
    package func thirdParty(_ name: String) -> String { "/assets/\(version)/\(name)" }
    /// Which of the pinned third-party files are absent; the site works without them for reading.
    package var missing: [String] { AssetStore.pinned.filter { files["assets/\($0)"] == nil } }

    static let pinned = ["bootstrap.min.css", "htmx.min.js", "echarts.min.js", "leaflet.js", "leaflet.css"]

    /// Reads `static/` (or, in the source tree, `Sources/Engines/Web/Static`) and `assets/` under the home directory.
    ///
    /// - Throws: `.unavailable` `JW-W510` when the static files are not there: the installation is incomplete.
    package static func load(home: String) throws -> AssetStore {
        let places = ["\(home)/static", "\(home)/Sources/Engines/Web/Static"]
        guard let source = places.first(where: { FileManager.default.fileExists(atPath: "\($0)/app.css") }) else {
            throw Failure(.unavailable, "JW-W510", "找不到页面静态文件，请检查 JIANWEI_HOME 指向的安装目录", cause: home)
        }
        var files: [String: Asset] = [:]
        try read(source, as: "static", into: &files)
        if FileManager.default.fileExists(atPath: "\(home)/assets") { try read("\(home)/assets", as: "assets", into: &files) }
        var digest: [UInt8] = []
        for name in files.keys.sorted() {
            digest += Array(name.utf8)
            if let asset = files[name] { digest += Array(SHA256.hash(asset.bytes).hex.utf8) }
        }
        return AssetStore(files: files, version: String(SHA256.hash(digest).hex.prefix(12)))
    }

    private static func read(_ folder: String, as prefix: String, into files: inout [String: Asset]) throws {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return }
        for case let name as String in walk {
            guard let type = contentType(name) else { continue }
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
            let compressed = type.hasPrefix("image/png") ? nil : Gzip.compress(bytes, level: 9)
            files["\(prefix)/\(name)"] = Asset(bytes: bytes, compressed: compressed, contentType: type)
        }
    }

    private static func contentType(_ name: String) -> String? {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml; charset=utf-8"
        case "png": "image/png"
        case "json", "geojson": "application/json; charset=utf-8"
        case "webmanifest": "application/manifest+json"
        default: nil
        }
    }
}

/// Where the program's files are: `JIANWEI_HOME`, else the nearest folder above the executable (then above the working directory) that holds the static files.
package enum HomeDirectory {
    package static func find(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        if let home = environment["JIANWEI_HOME"], !home.isEmpty { return home }
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        for start in [executable, FileManager.default.currentDirectoryPath + "/x"] {
            var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
            while folder.path != "/" {
                for place in ["static/app.css", "Sources/Engines/Web/Static/app.css"] where FileManager.default.fileExists(atPath: folder.appendingPathComponent(place).path) {
                    return folder.path
                }
                folder.deleteLastPathComponent()
            }
        }
        return FileManager.default.currentDirectoryPath
    }
}
