import Foundation
import Kernel

/// A way of grading alarms: levels, and rules that give them, asked in order. Several stand side by side; the one that leads sets time limits and colours. A value without closures: an
/// administrator edits it as data, and each change is a new version. Source: requirements D9.7.1, D18.4.1.
package struct GradingScheme: Sendable, Equatable, Codable {
    /// `fiveLevels`: stored in every alarm, so it never changes. Letters and digits.
    package var name: String
    package var title: String
    /// Gravest first.
    package var levels: [GradingLevel]
    package var rules: [GradingRule]
    /// The level's code where no rule speaks.
    package var otherwise: String
    /// Begins of region codes in which it is used; empty everywhere.
    package var areas: [String]
    /// Organisations that use it; empty all.
    package var orgs: [Int64]
    /// Categories whose time limits its levels set; the others keep those of their kind.
    package var timed: [AlarmCategory]
    package var isLeading: Bool
    package var isOn: Bool

    package init(
        _ name: String, _ title: String, levels: [GradingLevel], rules: [GradingRule], otherwise: String, areas: [String] = [], orgs: [Int64] = [], timed: [AlarmCategory] = [],
        isLeading: Bool = false, isOn: Bool = true
    ) {
        self.name = name
        self.title = title
        self.levels = levels
        self.rules = rules
        self.otherwise = otherwise
        self.areas = areas
        self.orgs = orgs
        self.timed = timed
        self.isLeading = isLeading
        self.isOn = isOn
    }

    package func level(_ code: String) -> GradingLevel? { levels.first { $0.code == code } }

    /// - Returns: the level, its place from 1, and the rule that gave it from 0, nil for what stands otherwise; nil where the scheme is not used.
    package func grade(_ subject: GradingSubject) -> (level: GradingLevel, urgency: Int, rule: Int?)? {
        guard isOn, areas.isEmpty || areas.contains(where: { (subject.area ?? "").hasPrefix($0) }), orgs.isEmpty || subject.org.map(orgs.contains) ?? false else { return nil }
        let rule = rules.firstIndex { $0.admits(subject) }
        let code = rule.map { rules[$0].level } ?? otherwise
        guard let place = levels.firstIndex(where: { $0.code == code }) else { return nil }
        return (levels[place], place + 1, rule)
    }

    /// Every fault with the field it stands in; empty when it may be kept.
    package func faults() -> [FieldFinding] {
        var faults: [FieldFinding] = []
        if title.isEmpty { faults.append(FieldFinding("title", "required", "不能为空", title: "方案名称")) }
        if name.isEmpty || !name.utf8.allSatisfy({ ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0) }) {
            faults.append(FieldFinding("name", "format", "只能用字母和数字", title: "方案编码"))
        }
        if levels.isEmpty { faults.append(FieldFinding("levels", "required", "至少要有一级", title: "级别")) }
        if Set(levels.map(\.code)).count != levels.count { faults.append(FieldFinding("code", "unique", "级别代码重复", title: "级别代码")) }
        for level in levels where level.code.isEmpty || level.code.contains(where: { "|@:".contains($0) }) || level.title.isEmpty {
            faults.append(FieldFinding("code", "format", "代码和名称不能为空，代码不能含有 | @ :", title: "级别代码"))
        }
        if level(otherwise) == nil { faults.append(FieldFinding("otherwise", "unknownCode", "应为方案中的一级", title: "其余报警")) }
        for rule in rules where level(rule.level) == nil { faults.append(FieldFinding("level", "unknownCode", "规则“\(rule.title)”的级别不在方案中", title: "级别")) }
        return faults
    }

    package init(json: String) throws { self = try JSONDecoder().decode(GradingScheme.self, from: Data(json.utf8)) }
    package func json() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
}

/// One level of a scheme.
package struct GradingLevel: Sendable, Equatable, Codable {
    /// `S`; stored in alarms.
    package var code: String
    package var title: String
    /// Raw value of a `Tone`.
    package var tone: String
    /// Seconds until somebody must have taken it up; nil keeps the kind's.
    package var startWithin: Int64?
    /// Seconds between looks at an alarm that was found valid, until it is over; nil asks for none.
    package var recheckEvery: Int64?
    /// It may only be closed after somebody was asked by telephone.
    package var mustCall: Bool

    package init(_ code: String, _ title: String, tone: String, startWithin: Int64? = nil, recheckEvery: Int64? = nil, mustCall: Bool = false) {
        self.code = code
        self.title = title
        self.tone = tone
        self.startWithin = startWithin
        self.recheckEvery = recheckEvery
        self.mustCall = mustCall
    }
}

/// One rule: all that is said must hold; of a list one entry is enough, except of traits, which must all be there.
package struct GradingRule: Sendable, Equatable, Codable {
    package var title: String
    package var level: String
    package var categories: [AlarmCategory]
    package var kinds: [String]
    package var traits: [String]
    /// Raw values of `AlarmGrade`.
    package var grades: [Int]

    package init(_ title: String, _ level: String, categories: [AlarmCategory] = [], kinds: [String] = [], traits: [String] = [], grades: [Int] = []) {
        self.title = title
        self.level = level
        self.categories = categories
        self.kinds = kinds
        self.traits = traits
        self.grades = grades
    }

    package func admits(_ subject: GradingSubject) -> Bool {
        (categories.isEmpty || categories.contains(subject.category)) && (kinds.isEmpty || kinds.contains(subject.kind)) && traits.allSatisfy(subject.traits.contains)
            && (grades.isEmpty || grades.contains(subject.grade.rawValue))
    }
}

/// What grading looks at.
package struct GradingSubject: Sendable, Equatable {
    package var kind: String
    package var category: AlarmCategory
    package var traits: Set<String>
    package var grade: AlarmGrade
    package var org: Int64?
    package var area: String?

    package init(kind: String, category: AlarmCategory, traits: Set<String> = [], grade: AlarmGrade = .ordinary, org: Int64? = nil, area: String? = nil) {
        self.kind = kind
        self.category = category
        self.traits = traits
        self.grade = grade
        self.org = org
        self.area = area
    }
}

/// The level that one version of a scheme gave.
package struct AlarmLevel: Sendable, Equatable {
    package var scheme: String
    package var version: Int
    package var code: String

    /// `|fiveLevels@3:S|fourLevels@1:A|`, so that one level is found by `LIKE`.
    static func text(_ levels: [AlarmLevel]) -> String? {
        levels.isEmpty ? nil : "|" + levels.map { "\($0.scheme)@\($0.version):\($0.code)" }.joined(separator: "|") + "|"
    }

    static func list(_ text: String) -> [AlarmLevel] {
        text.split(separator: "|").compactMap { part in
            guard let at = part.firstIndex(of: "@"), let colon = part[at...].firstIndex(of: ":"), let version = Int(part[part.index(after: at)..<colon]) else { return nil }
            return AlarmLevel(scheme: String(part[..<at]), version: version, code: String(part[part.index(after: colon)...]))
        }
    }
}
