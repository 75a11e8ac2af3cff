import Foundation

/// One Swift file under Sources, read once.
struct SourceFile: Sendable {
    /// `Sources/Engines/Web/Shell/Shell.swift`
    let path: String
    /// `Base`, `Engines`, `Gateways`, `Domains` or `App`.
    let layer: String
    let module: String
    let lines: [String]

    /// Modules that the file imports, without what follows a dot.
    var imports: [String] {
        lines.compactMap { line in
            guard let match = line.firstMatch(of: /^\s*(?:@\w+\s+|public\s+|package\s+|internal\s+|private\s+)*import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/) else { return nil }
            return String(match.1)
        }
    }

    /// Lines with their comments cut off, so that prose may say what code may not.
    var code: [(number: Int, text: String)] {
        lines.enumerated().map { index, line in
            guard !line.drop(while: \.isWhitespace).hasPrefix("//") else { return (index + 1, "") }
            guard let comment = line.range(of: " //") else { return (index + 1, line) }
            return (index + 1, String(line[..<comment.lowerBound]))
        }
    }
}

enum SourceTree {
    /// The repository, found from where this file was compiled.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = read("Sources")

    static let modules: [String: String] = Dictionary(files.map { ($0.module, $0.layer) }, uniquingKeysWith: { first, _ in first })

    static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    private static func read(_ folder: String) -> [SourceFile] {
        let start = root.appendingPathComponent(folder)
        guard let paths = FileManager.default.enumerator(atPath: start.path) else { return [] }
        var files: [SourceFile] = []
        for case let path as String in paths where path.hasSuffix(".swift") {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count >= 3, let text = try? String(contentsOf: start.appendingPathComponent(path), encoding: .utf8) else { continue }
            files.append(SourceFile(path: "\(folder)/\(path)", layer: parts[0], module: parts[1], lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
        }
        return files.sorted { $0.path < $1.path }
    }
}
