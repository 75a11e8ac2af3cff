import Kernel
import Storage

/// A declaration as JSON, for `ledger_definitions`, the administrator's editor and the API.
///
///     {"id": "X-01", "name": "toolCheck", "title": "工具检查", "ownedBy": "enterprise", "uniqueBy": ["toolNo"],
///      "fields": [{"name": "toolNo", "title": "工具编号", "kind": "text", "min": 1, "max": 32, "marks": ["required", "searchable"]}]}
extension LedgerDeclaration {
    package var json: JSONValue {
        var object = JSONObject([
            ("id", .string(id)), ("name", .string(name)), ("title", .string(title)), ("group", .string(group)), ("ownedBy", .string(ownedBy.rawValue)),
            ("uniqueBy", .array(uniqueBy.map(JSONValue.string))), ("titleField", .string(titleField)),
            ("sortedBy", .array(sortedBy.map { .string(($0.isDescending ? "-" : "") + $0.field) })), ("isLarge", .bool(isLarge)), ("keptYears", JSONValue(keptYears)),
        ])
        if let titleEN { object.members.append(("titleEN", .string(titleEN))) }
        if let timeField { object.members.append(("timeField", .string(timeField))) }
        object.members.append(("fields", .array(fields.map(\.json))))
        return .object(object)
    }

    /// A runtime ledger.
    ///
    /// - Throws: `.invalid` `JW-L050` naming everything that cannot be read.
    package init(json: JSONValue) throws {
        var faults: [String] = []
        func text(_ name: String) -> String {
            guard let value = json[name]?.string, !value.isEmpty else {
                faults.append("缺少 \(name)")
                return ""
            }
            return value
        }
        var fields: [Field] = []
        for (index, element) in (json["fields"]?.array ?? []).enumerated() {
            if let field = Field(json: element) { fields.append(field) } else { faults.append("第 \(index + 1) 个字段无法识别") }
        }
        if fields.isEmpty { faults.append("没有字段") }
        let ownedBy = json["ownedBy"].map { $0.string.flatMap(Ownership.init) } ?? .enterprise
        if ownedBy == nil { faults.append("ownedBy 应为 enterprise、authority 或 shared") }
        let sorts = json["sortedBy"]?.array?.compactMap(\.string).map { Sort($0.hasPrefix("-") ? String($0.dropFirst()) : $0, descending: $0.hasPrefix("-")) }
        self.init(
            id: text("id"), name: text("name"), title: text("title"), titleEN: json["titleEN"]?.string, group: json["group"]?.string ?? "自定义台账", ownedBy: ownedBy ?? .enterprise,
            uniqueBy: json["uniqueBy"]?.array?.compactMap(\.string) ?? [], titleField: json["titleField"]?.string,
            sortedBy: sorts.flatMap { $0.isEmpty ? nil : $0 } ?? [Sort("id", descending: true)],
            isLarge: json["isLarge"]?.bool ?? false, timeField: json["timeField"]?.string, keptYears: json["keptYears"]?.int.map(Int.init), fields: fields
        )
        isRuntime = true
        guard faults.isEmpty else {
            throw Failure(.invalid, "JW-L050", "台账定义无法读取：" + faults.joined(separator: "；"), fields: faults.map { FieldFinding("definition", "fault", $0, title: "定义") })
        }
    }
}

extension Field {
    package var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("title", .string(title)), ("kind", .string(kind.word))])
        object.members += kind.parameters
        let marks = FieldMarks.words.filter { self.marks.contains($0.mark) }.map { JSONValue.string($0.word) }
        if !marks.isEmpty { object.members.append(("marks", .array(marks))) }
        let texts: [(String, String?)] = [("check", check?.rawValue), ("titleEN", titleEN), ("fallback", fallback), ("hint", hint), ("section", section), ("unit", unit)]
        for (name, text) in texts { if let text { object.members.append((name, .string(text))) } }
        return .object(object)
    }

    /// Nil for what is no field.
    package init?(json: JSONValue) {
        guard let name = json["name"]?.string, let title = json["title"]?.string, let kind = FieldKind(json: json) else { return nil }
        var marks: FieldMarks = []
        for word in json["marks"]?.array ?? [] {
            guard let mark = FieldMarks.words.first(where: { $0.word == word.string })?.mark else { return nil }
            marks.insert(mark)
        }
        var check: FieldCheck?
        if let word = json["check"]?.string {
            check = FieldCheck(rawValue: word)
            if check == nil { return nil }
        }
        self.init(name, title, kind: kind, marks: marks, check: check, unit: json["unit"]?.string)
        titleEN = json["titleEN"]?.string
        fallback = json["fallback"]?.string
        hint = json["hint"]?.string
        section = json["section"]?.string
    }
}

extension FieldMarks {
    /// The words of declarations in JSON.
    package static let words: [(word: String, mark: FieldMarks)] = [
        ("required", .required), ("searchable", .searchable), ("filterable", .filterable), ("sortable", .sortable), ("unlisted", .unlisted), ("personal", .personal),
        ("readOnly", .readOnly),
        ("groupable", .groupable), ("summable", .summable), ("indexed", .indexed), ("immutable", .immutable), ("restricted", .restricted),
    ]
}

extension FieldKind {
    /// The kind's name in JSON and OpenAPI.
    package var word: String {
        switch self {
        case .text: "text"
        case .note: "note"
        case .integer: "integer"
        case .decimal: "decimal"
        case .bool: "bool"
        case .day: "day"
        case .moment: "moment"
        case .code: "code"
        case .codes: "codes"
        case .reference: "reference"
        case .organisation: "organisation"
        case .photo: "photo"
        case .files: "files"
        case .location: "location"
        case .computed: "computed"
        }
    }

    var parameters: [(name: String, value: JSONValue)] {
        switch self {
        case .text(let length), .note(let length): [("min", .int(Int64(length.lowerBound))), ("max", .int(Int64(length.upperBound)))]
        case .integer(let range): [("min", .int(Int64(range.lowerBound))), ("max", .int(Int64(range.upperBound)))]
        case .decimal(let places, let range): [("places", .int(Int64(places))), ("min", .double(range.lowerBound)), ("max", .double(range.upperBound))]
        case .code(let dictionary), .codes(let dictionary): [("dictionary", .string(dictionary))]
        case .reference(let ledger): [("ledger", .string(ledger))]
        case .computed(let computation): [("computation", computation.json)]
        default: []
        }
    }

    init?(json: JSONValue) {
        func range(_ low: Int, _ high: Int) -> ClosedRange<Int>? {
            let bounds = (Int(json["min"]?.int ?? Int64(low)), Int(json["max"]?.int ?? Int64(high)))
            return bounds.0 <= bounds.1 ? bounds.0...bounds.1 : nil
        }
        switch json["kind"]?.string {
        case "text": if let length = range(0, 64), length.lowerBound >= 0, length.upperBound <= 4_000 { self = .text(length: length) } else { return nil }
        case "note": if let length = range(0, 2_000), length.lowerBound >= 0, length.upperBound <= 100_000 { self = .note(length: length) } else { return nil }
        case "integer": if let range = range(0, 1_000_000_000) { self = .integer(range) } else { return nil }
        case "decimal":
            let low = json["min"]?.double ?? 0
            let high = json["max"]?.double ?? 1_000_000_000
            let places = Int(json["places"]?.int ?? 2)
            guard low <= high, (0...9).contains(places) else { return nil }
            self = .decimal(places: places, low...high)
        case "bool": self = .bool
        case "day": self = .day
        case "moment": self = .moment
        case "code": if let dictionary = json["dictionary"]?.string { self = .code(dictionary: dictionary) } else { return nil }
        case "codes": if let dictionary = json["dictionary"]?.string { self = .codes(dictionary: dictionary) } else { return nil }
        case "reference": if let ledger = json["ledger"]?.string { self = .reference(ledger: ledger) } else { return nil }
        case "organisation": self = .organisation
        case "photo": self = .photo
        case "files": self = .files
        case "location": self = .location
        case "computed": if let computation = json["computation"].flatMap(Computation.init(json:)) { self = .computed(computation) } else { return nil }
        default: return nil
        }
    }
}

extension Computation {
    var json: JSONValue {
        switch self {
        case .joined(let fields, let separator): ["joined": .array(fields.map(JSONValue.string)), "separator": .string(separator)]
        case .minutes(let from, let to): ["minutes": [.string(from), .string(to)]]
        case .difference(let a, let b): ["difference": [.string(a), .string(b)]]
        case .daysLeft(let field): ["daysLeft": .string(field)]
        }
    }

    init?(json: JSONValue) {
        func pair(_ name: String) -> (String, String)? {
            guard let words = json[name]?.array?.compactMap(\.string), words.count == 2 else { return nil }
            return (words[0], words[1])
        }
        if let fields = json["joined"]?.array?.compactMap(\.string) {
            self = .joined(fields, separator: json["separator"]?.string ?? "")
        } else if let (from, to) = pair("minutes") {
            self = .minutes(from: from, to: to)
        } else if let (a, b) = pair("difference") {
            self = .difference(a, b)
        } else if let field = json["daysLeft"]?.string {
            self = .daysLeft(field)
        } else {
            return nil
        }
    }
}
