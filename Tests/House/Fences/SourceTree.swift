import Foundation

/// One Swift file under Sources, read once.
struct SourceFile: Sendable {
    /// `Sources/Engines/Web/Shell/Shell.swift`
    let path: String
    /// `Base`, `Engines`, `Gateways`, `Domains` or `App`.
    let layer: String
    let module: String
    let lines: [String]

    /// Lines that are code: comments cut off and the bodies of multi-line literals empty, so that prose and other languages may say what code may not.
    let code: [(number: Int, text: String)]

    init(path: String, layer: String, module: String, lines: [String]) {
        self.path = path
        self.layer = layer
        self.module = module
        self.lines = lines
        var isInLiteral = false
        code = lines.enumerated().map { index, line in
            let marks = line.contains("\"\"\"") ? line.matches(of: /"""/).count : 0
            defer { if marks % 2 == 1 { isInLiteral.toggle() } }
            if isInLiteral && marks == 0 { return (index + 1, "") }
            guard line.utf8.contains(UInt8(ascii: "/")) else { return (index + 1, line) }
            guard !line.drop(while: \.isWhitespace).hasPrefix("//") else { return (index + 1, "") }
            guard let comment = line.range(of: " //") else { return (index + 1, line) }
            return (index + 1, String(line[..<comment.lowerBound]))
        }
    }

    /// Modules that the file imports, without what follows a dot.
    var imports: [String] {
        code.compactMap { line in
            guard line.text.contains("import ") else { return nil }
            guard
                let match = line.text.firstMatch(
                    of: /^\s*(?:@\w+\s+|public\s+|package\s+|internal\s+|private\s+|fileprivate\s+)*import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/)
            else { return nil }
            return String(match.1)
        }
    }
}

enum SourceTree {
    /// The repository, found from where this file was compiled.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = read("Sources")

    /// The suites, the house's own excepted: they name what they forbid.
    static let suites: [SourceFile] = read("Tests").filter { $0.layer != "House" }

    static let modules: [String: String] = Dictionary(files.map { ($0.module, $0.layer) }, uniquingKeysWith: { first, _ in first })

    static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    private static func read(_ folder: String) -> [SourceFile] {
        let start = root.appendingPathComponent(folder)
        guard let paths = FileManager.default.enumerator(atPath: start.path) else { return [] }
        var files: [SourceFile] = []
        for case let path as String in paths where path.hasSuffix(".swift") {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count >= 3, let text = try? String(contentsOf: start.appendingPathComponent(path), encoding: .utf8) else { continue }
            files.append(
                SourceFile(path: "\(folder)/\(path)", layer: parts[0], module: parts[1], lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
        }
        return files.sorted { $0.path < $1.path }
    }
}
