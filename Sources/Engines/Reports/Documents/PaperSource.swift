import Identity
import Kernel
import Storage

/// What papers can be printed about: cases, alarms, filings. It answers only what the asker may see.
package struct PaperSource: Sendable {
    /// `reconsideration`: stored in templates, so that it never changes.
    package var name: String
    package var title: String
    /// Words a template may use, with what they say.
    package var words: [(word: String, title: String)]
    /// By the number people write; nil when there is none that this person may see.
    package var find: @Sendable (_ number: String, Principal, any Reader) throws -> PaperSubject?

    package init(_ name: String, _ title: String, words: [(word: String, title: String)], find: @escaping @Sendable (String, Principal, any Reader) throws -> PaperSubject?) {
        self.name = name
        self.title = title
        self.words = words
        self.find = find
    }
}

/// One thing a paper is about.
package struct PaperSubject: Sendable {
    package var number: String
    package var title: String
    package var words: [String: String]
    /// Where the code on the paper leads, below the site's address; nil for no code.
    package var path: String?

    package init(number: String, title: String, words: [String: String], path: String? = nil) {
        self.number = number
        self.title = title
        self.words = words
        self.path = path
    }
}

/// A paper as an official words it, line by line: `# ` a title, `> ` to the right, `| 甲 | 乙 |` a row of a table, `{印章}` and `{二维码}` on lines of their own, everything else a paragraph.
package struct PaperTemplate: Sendable, Equatable {
    package static let seal = "{印章}"
    package static let code = "{二维码}"
    /// Of every paper.
    static let common = ["编号", "单位", "打印人", "打印日期"]

    package var source: String
    package var text: String
    /// The authority's full name on the seal; empty for none.
    package var sealName: String

    package init(source: String, text: String, sealName: String) {
        self.source = source
        self.text = String(text.prefix(20_000))
        self.sealName = String(sealName.prefix(40))
    }

    init?(_ json: JSONValue) {
        guard let source = json["source"]?.string else { return nil }
        self.init(source: source, text: json["text"]?.string ?? "", sealName: json["seal"]?.string ?? "")
    }

    package var json: JSONValue { ["source": .string(source), "text": .string(text), "seal": .string(sealName)] }

    enum Line: Sendable, Equatable {
        case title(String)
        case right(String)
        case paragraph(String)
        case row([String])
        case seal
        case code
        case gap
    }

    var lines: [Line] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let line = line.hasSuffix("\r") ? line.dropLast() : line
            if line == PaperTemplate.seal { return .seal }
            if line == PaperTemplate.code { return .code }
            if line.hasPrefix("# ") { return .title(String(line.dropFirst(2))) }
            if line.hasPrefix("> ") { return .right(String(line.dropFirst(2))) }
            if line.hasPrefix("|") {
                var parts = line.split(separator: "|", omittingEmptySubsequences: false).map { String($0).filter { $0 != "\t" } }
                if parts.first?.isEmpty == true { parts.removeFirst() }
                if parts.last?.allSatisfy(\.isWhitespace) == true { parts.removeLast() }
                return .row(parts)
            }
            return line.allSatisfy(\.isWhitespace) ? .gap : .paragraph(String(line))
        }
    }

    /// Every wrong placeholder with its line.
    func findings(_ source: PaperSource) -> [FieldFinding] {
        let known = Set(source.words.map(\.word) + PaperTemplate.common + ["印章", "二维码"])
        var findings: [FieldFinding] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var rest = line[...]
            while let open = rest.firstIndex(of: "{") {
                guard let close = rest[open...].firstIndex(of: "}") else {
                    findings.append(FieldFinding("text", "template", "第 \(number + 1) 行“\(rest[open...].prefix(12))”缺少右花括号", title: "内容"))
                    break
                }
                let word = String(rest[rest.index(after: open)..<close])
                if !known.contains(word) { findings.append(FieldFinding("text", "template", "第 \(number + 1) 行“{\(word)}”不认识", title: "内容")) }
                rest = rest[rest.index(after: close)...]
            }
        }
        if text.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("text", "required", "请填写内容", title: "内容")) }
        return findings
    }

    static func filled(_ text: String, _ words: [String: String]) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open]
            out += words[String(rest[rest.index(after: open)..<close])] ?? ""
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
