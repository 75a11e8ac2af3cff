import ArgumentParser
import Foundation

/// `serve --configuration FILE`: the options of the command line, one a line, so that a unit file stays short and no secret stands in the list of processes.
///
///     # /etc/jianwei.conf
///     data = /var/lib/jianwei
///     listen = 127.0.0.1:8080
///     secure = true
///     trusted-proxy = 127.0.0.1
///
/// Names are those of `serve --help`. What the command line says as well wins; options that may be repeated add up.
enum ConfigurationFile {
    private static let option = "--configuration"

    /// The arguments with the file's options put before those that were typed.
    ///
    /// - Throws: `ValidationError` with file, line and what is wrong with it.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard arguments.first == "serve", let (path, rest) = try named(Array(arguments.dropFirst())) else { return arguments }
        guard let bytes = FileManager.default.contents(atPath: path) else { throw ValidationError("\(option): cannot read “\(path)”") }
        guard let text = String(bytes: bytes, encoding: .utf8) else { throw ValidationError("\(path): not UTF-8") }
        var options: [String] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            options += try read(line.trimmingCharacters(in: .whitespaces), at: "\(path):\(number + 1)", typed: rest)
        }
        return ["serve"] + options + rest
    }

    /// - Returns: nil when no file is named.
    private static func named(_ arguments: [String]) throws -> (path: String, rest: [String])? {
        var rest = arguments
        if let position = rest.firstIndex(where: { $0.hasPrefix(option + "=") }) { return (String(rest.remove(at: position).dropFirst(option.count + 1)), rest) }
        guard let position = rest.firstIndex(of: option) else { return nil }
        guard position + 1 < rest.count else { throw ValidationError("\(option) wants the path of a file") }
        let path = rest[position + 1]
        rest.removeSubrange(position...position + 1)
        return (path, rest)
    }

    private static func read(_ line: String, at place: String, typed: [String]) throws -> [String] {
        if line.isEmpty || line.hasPrefix("#") { return [] }
        guard let equals = line.firstIndex(of: "=") else { throw ValidationError("\(place): “\(line)” is not NAME = VALUE") }
        let name = line[..<equals].trimmingCharacters(in: .whitespaces)
        let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty, name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }), name != "configuration" else {
            throw ValidationError("\(place): “\(name)” is no option")
        }
        let isTyped = typed.contains { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }
        switch value {
        case "": throw ValidationError("\(place): “\(name)” has no value")
        case _ where isTyped && !repeatable.contains(name): return []
        case "true": return ["--\(name)"]
        case "false": return []
        default: return ["--\(name)=\(value)"]
        }
    }

    private static let repeatable: Set<String> = ["trusted-proxy"]
}
