import Identity
import Kernel
import Storage

/// How fields are read out of the text of a line, and into which of ours they go. One row of 解析规则.
package struct LogRule: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case keyValue, separated, pattern

        package var title: String {
            switch self {
            case .keyValue: "键值对"
            case .separated: "分隔符"
            case .pattern: "正则表达式"
            }
        }
    }

    /// What an administrator writes.
    package struct Body: Sendable, Equatable {
        package var kind = Kind.keyValue
        /// Only lines that hold this text are read; empty all.
        package var contains = ""
        /// Between pairs, or between columns; `\t` is the tab.
        package var separator = " "
        /// Between a key and its value.
        package var sign = "="
        /// Names of the columns, in their order.
        package var columns: [String] = []
        package var pattern = ""
        /// Extracted name to our field.
        package var mapping: [String: LogField] = [:]
        /// Its lines tell of attacks: they become security events.
        package var isEvent = false

        package init() {}

        package init(json: JSONValue) {
            kind = json["kind"]?.string.flatMap(Kind.init) ?? .keyValue
            contains = json["contains"]?.string ?? ""
            separator = json["separator"]?.string ?? " "
            sign = json["sign"]?.string ?? "="
            columns = (json["columns"]?.array ?? []).compactMap(\.string)
            pattern = json["pattern"]?.string ?? ""
            isEvent = json["isEvent"]?.bool ?? false
            for member in json["mapping"]?.object?.members ?? [] { mapping[member.name] = member.value.string.flatMap(LogField.init) }
        }

        package var json: JSONValue {
            [
                "kind": .string(kind.rawValue), "contains": .string(contains), "separator": .string(separator), "sign": .string(sign),
                "columns": .array(columns.map(JSONValue.string)), "pattern": .string(pattern), "isEvent": .bool(isEvent),
                "mapping": .object(JSONObject(mapping.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.rawValue)) })),
            ]
        }
    }

    package var id: Int64
    package var title: String
    package var position: Int64
    package var isOn: Bool
    /// Nil is every source.
    package var source: Int64?
    package var body: Body
    package var hits: Int64
    package var updatedAt: Moment
    package var updatedBy: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        position = row.int("position") ?? 0
        isOn = row.text("state") == "on"
        source = row.int("source").flatMap { $0 == 0 ? nil : $0 }
        body = Body(json: row.text("body").flatMap { try? JSONValue(parsing: $0) } ?? .null)
        hits = row.int("hits") ?? 0
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by") ?? ""
    }
}

/// A rule ready to read lines.
package struct LogReading: Sendable {
    private let body: LogRule.Body
    private let pattern: SafePattern?

    private static let mostFields = 60
    private static let longestValue = 1000

    /// - Throws: `.invalid` with every finding of what was written.
    package init(_ body: LogRule.Body) throws {
        var findings: [FieldFinding] = []
        var compiled: SafePattern?
        switch body.kind {
        case .keyValue:
            if body.separator.isEmpty { findings.append(FieldFinding("separator", "required", "不能为空", title: "分隔符")) }
            if body.sign.isEmpty { findings.append(FieldFinding("sign", "required", "不能为空", title: "键与值之间")) }
            if body.sign == body.separator, !body.sign.isEmpty { findings.append(FieldFinding("sign", "same", "不能与分隔符相同", title: "键与值之间")) }
        case .separated:
            if body.separator.isEmpty { findings.append(FieldFinding("separator", "required", "不能为空", title: "分隔符")) }
            if body.columns.isEmpty { findings.append(FieldFinding("columns", "required", "请按顺序填写各列的名称", title: "列名")) }
            if Set(body.columns).count != body.columns.count { findings.append(FieldFinding("columns", "same", "列名重复", title: "列名")) }
        case .pattern:
            do { compiled = try SafePattern(body.pattern) } catch let failure as Failure { findings += failure.fields }
            if let compiled {
                if compiled.names.isEmpty { findings.append(FieldFinding("pattern", "names", "至少要有一个 (?<名称>…) 分组", title: "表达式")) }
                for name in body.mapping.keys.sorted() where !compiled.names.contains(name) {
                    findings.append(FieldFinding("mapping", "unknown", "表达式中没有名为“\(name)”的分组", title: "字段映射"))
                }
            }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        self.body = body
        pattern = compiled
    }

    package var mapping: [String: LogField] { body.mapping }
    package var isEvent: Bool { body.isEvent }

    /// - Returns: what was read by name; nil where the rule does not fit the text.
    package func read(_ text: String) -> [String: String]? {
        guard body.contains.isEmpty || text.contains(body.contains) else { return nil }
        let found: [String: String]? =
            switch body.kind {
            case .keyValue: pairs(text)
            case .separated: columns(text)
            case .pattern: pattern?.firstMatch(in: text)
            }
        return found.map { $0.mapValues { String($0.prefix(Self.longestValue)) } }
    }

    private var separator: String { body.separator.replacing("\\t", with: "\t").replacing("空格", with: " ") }

    private func columns(_ text: String) -> [String: String]? {
        let parts = LogSplitting.parts(text, by: separator, most: body.columns.count)
        guard parts.count >= body.columns.count else { return nil }
        return Dictionary(zip(body.columns, parts).filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
    }

    private func pairs(_ text: String) -> [String: String]? {
        var found: [String: String] = [:]
        for part in LogSplitting.parts(text, by: separator, most: 400) {
            guard let sign = part.firstRange(of: body.sign) else { continue }
            let key = part[..<sign.lowerBound].trimmedForLog
            guard !key.isEmpty, key.count <= 60, !key.contains(" "), found.count < Self.mostFields else { continue }
            let value = LogSplitting.unquoted(part[sign.upperBound...].trimmedForLog)
            if !value.isEmpty { found[key] = value }
        }
        return found.isEmpty ? nil : found
    }
}

/// Parts of a text between separators; a separator inside quotation marks separates nothing.
enum LogSplitting {
    static func parts(_ text: String, by separator: String, most: Int) -> [String] {
        guard let first = separator.utf8.first else { return [text] }
        let bytes = Array(text.utf8), mark = Array(separator.utf8)
        var parts: [String] = []
        var start = 0, at = 0
        var isQuoted = false
        while at < bytes.count, parts.count < most {
            if bytes[at] == UInt8(ascii: "\""), at == 0 || bytes[at - 1] != UInt8(ascii: "\\") { isQuoted.toggle() }
            if !isQuoted, bytes[at] == first, at + mark.count <= bytes.count, bytes[at..<at + mark.count].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<at], as: UTF8.self))
                at += mark.count
                start = at
            } else {
                at += 1
            }
        }
        if parts.count < most { parts.append(String(decoding: bytes[start...], as: UTF8.self)) }
        return parts.map { unquoted($0.trimmedForLog) }
    }

    static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return String(text.dropFirst().dropLast()).replacing("\\\"", with: "\"")
    }
}

extension StringProtocol {
    fileprivate var trimmedForLog: String {
        var part = self[...]
        while let first = part.first, first == " " || first == "\t" { part = part.dropFirst() }
        while let last = part.last, last == " " || last == "\t" { part = part.dropLast() }
        return String(part)
    }
}
