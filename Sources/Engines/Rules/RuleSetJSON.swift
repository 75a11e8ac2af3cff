import Kernel

/// A set as JSON, as it is stored and edited.
///
///     {"name": "gatePass", "version": 3, "effectiveFrom": "2026-11-21T08:00:00+08:00", "mode": "first", "otherwise": "allow",
///      "rules": [{"id": "R1", "title": "…", "outcome": "refuse", "when": [{"fact": "stage", "is": "less", "value": 5}]}]}
extension RuleSet {
    package var json: JSONValue {
        let rules = self.rules.map { rule -> JSONValue in
            let conditions = rule.conditions.map { condition -> JSONValue in
                ["fact": .string(condition.fact), "is": .string(condition.comparison.rawValue), "value": condition.value.json]
            }
            return ["id": .string(rule.id), "title": .string(rule.title), "outcome": .string(rule.outcome), "enabled": .bool(rule.isEnabled), "when": .array(conditions)]
        }
        return [
            "name": .string(name), "version": .int(Int64(version)), "effectiveFrom": .string(effectiveFrom.rfc3339), "mode": .string(mode.rawValue),
            "otherwise": .string(otherwise),
            "rules": .array(rules),
        ]
    }

    /// - Throws: `.invalid` `JW-R001` with everything that cannot be read.
    package init(json: JSONValue) throws {
        var faults: [String] = []
        var rules: [Rule] = []
        for (index, element) in (json["rules"]?.array ?? []).enumerated() {
            if let rule = RuleSet.rule(element, "第 \(index + 1) 条规则", &faults) { rules.append(rule) }
        }
        if json["rules"]?.array == nil { faults.append("缺少 rules") }
        let name = json["name"]?.string ?? ""
        if name.isEmpty { faults.append("缺少 name") }
        let effectiveFrom = json["effectiveFrom"]?.string.flatMap(Moment.init(parsing:))
        if effectiveFrom == nil { faults.append("effectiveFrom 不是时间") }
        let mode = json["mode"].map { $0.string.flatMap(Mode.init) } ?? .first
        if mode == nil { faults.append("mode 应为 first 或 all") }
        guard let otherwise = json["otherwise"]?.string, let effectiveFrom, let mode, faults.isEmpty else {
            if json["otherwise"]?.string == nil { faults.append("缺少 otherwise") }
            throw RuleFailure.unreadable(faults)
        }
        self.init(name, version: Int(json["version"]?.int ?? 0), effectiveFrom: effectiveFrom, mode: mode, rules: rules, otherwise: otherwise)
    }

    private static func rule(_ json: JSONValue, _ place: String, _ faults: inout [String]) -> Rule? {
        guard let id = json["id"]?.string, let title = json["title"]?.string, let outcome = json["outcome"]?.string else {
            faults.append("\(place)缺少 id、title 或 outcome")
            return nil
        }
        var conditions: [Condition] = []
        for element in json["when"]?.array ?? [] {
            guard let fact = element["fact"]?.string, let comparison = element["is"]?.string.flatMap(Condition.Comparison.init),
                let value = FactValue(json: element["value"] ?? .null)
            else {
                faults.append("\(place)有一个条件无法识别")
                continue
            }
            conditions.append(Condition(fact, comparison, value))
        }
        return Rule(id, title, when: conditions, outcome: outcome, isEnabled: json["enabled"]?.bool ?? true)
    }
}

enum RuleFailure {
    static func unreadable(_ faults: [String]) -> Failure {
        Failure(.invalid, "JW-R001", "规则无法读取：" + faults.joined(separator: "；"), fields: faults.map { FieldFinding("rules", "format", $0, title: "规则") })
    }

    static func unsound(_ faults: [String]) -> Failure {
        Failure(.invalid, "JW-R002", "规则有 \(faults.count) 处错误：" + faults.joined(separator: "；"), fields: faults.map { FieldFinding("rules", "fault", $0, title: "规则") })
    }
}

extension RuleSet {
    /// Everything that is wrong with a set, by the facts there are; empty when it may be published.
    package func faults(vocabulary: [FactDeclaration]) -> [String] {
        var faults: [String] = []
        var ids: Set<String> = []
        let known = Dictionary(vocabulary.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for rule in rules {
            if !ids.insert(rule.id).inserted { faults.append("规则编号“\(rule.id)”重复") }
            if rule.title.isEmpty { faults.append("规则“\(rule.id)”没有名称") }
            for condition in rule.conditions {
                guard let fact = known[condition.fact] else {
                    if !vocabulary.isEmpty { faults.append("规则“\(rule.title)”用了未知的事实“\(condition.fact)”") }
                    continue
                }
                if !condition.fits(fact.kind) { faults.append("规则“\(rule.title)”的条件“\(fact.title)\(condition.comparison.title)\(condition.value.shown)”不能成立") }
            }
        }
        return faults
    }
}

extension Condition {
    /// Whether a comparison can ever hold of a fact of that kind.
    func fits(_ kind: FactDeclaration.Kind) -> Bool {
        if comparison == .isPresent || comparison == .isMissing { return true }
        switch (kind, value) {
        case (.number, .number): return [.equals, .differs, .less, .atMost, .greater, .atLeast].contains(comparison)
        case (.text, .text): return [.equals, .differs, .less, .atMost, .greater, .atLeast, .startsWith, .includes, .omits].contains(comparison)
        case (.text, .set): return comparison == .oneOf || comparison == .noneOf
        case (.bool, .bool): return comparison == .equals || comparison == .differs
        case (.set, .text): return comparison == .contains || comparison == .lacks
        case (.set, .set): return [.equals, .differs, .contains, .lacks, .oneOf, .noneOf].contains(comparison)
        default: return false
        }
    }
}
