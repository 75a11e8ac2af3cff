import Identity
import Kernel
import Ledgers
import Web

/// The form of one element: label, data, display rules, and its place for those who do not drag.
struct MimicElementForm: Sendable {
    let engine: ReportEngine

    private static let tones: [(tone: Tone, title: String)] = [(.good, "绿"), (.blue, "蓝"), (.yellow, "黄"), (.orange, "橙"), (.red, "红"), (.muted, "灰")]
    private static let rules = 3

    /// What an element is bound to, as people read it.
    static func said(_ source: MimicSource?, _ engine: ReportEngine) -> String {
        switch source {
        case nil: "未绑定"
        case .figure(let question):
            "\(engine.source(question.source)?.title ?? question.source)：\(question.terms.first.map { $0.text } ?? "")，\(question.span.title(today: engine.clock.today))"
        case .alarms(let words): "“\(words)”的未结报警"
        case .ledger(let name, let filter): "\(engine.ledgers.declaration(name)?.title ?? name)的条数\(filter.isEmpty ? "" : "（\(filter)）")"
        case .reading(let subject): "点位 \(subject) 的最新值"
        }
    }

    func sections(_ element: MimicElement, _ input: FormInput?, _ principal: Principal) -> [FormSection] {
        func value(_ name: String, _ kept: String?) -> String? { input.map { $0[name] ?? "" } ?? kept }
        let look = [
            FormField("label", "标注", .text, value: value("label", element.label), maxLength: 40),
            FormField("turn", "旋转", .select([0, 90, 180, 270].map { Choice("\($0)", "\($0)°") }), value: value("turn", "\(element.turn)")),
            FormField("x", "左", .number(step: "1"), value: value("x", "\(element.x)")), FormField("y", "上", .number(step: "1"), value: value("y", "\(element.y)")),
            FormField("w", "宽", .number(step: "1"), value: value("w", "\(element.width)")), FormField("h", "高", .number(step: "1"), value: value("h", "\(element.height)")),
        ]
        let display = (0..<Self.rules).flatMap { index -> [FormField] in
            let rule = index < element.rules.count ? element.rules[index] : nil
            return [
                FormField("from\(index)", "第 \(index + 1) 档：不小于", .number(step: "any"), value: value("from\(index)", rule.map { Figure.plain($0.from) })),
                FormField(
                    "tone\(index)", "颜色", .select([Choice("", "不用")] + Self.tones.map { Choice($0.tone.rawValue, $0.title) }), value: value("tone\(index)", rule?.tone.rawValue)),
            ]
        }
        let scale = [
            FormField("least", "量程下限", .number(step: "any"), value: value("least", Figure.plain(element.least)), help: "罐的液位、仪表的指针按量程显示"),
            FormField("fullest", "量程上限", .number(step: "any"), value: value("fullest", Figure.plain(element.fullest))),
        ]
        return [
            FormSection("外观", look), FormSection("数据", data(element, value, principal)), FormSection("量程", scale), FormSection("显示规则（达到即变色）", display),
        ]
    }

    private func data(_ element: MimicElement, _ value: (String, String?) -> String?, _ principal: Principal) -> [FormField] {
        var kept: [String: String] = [:]
        switch element.source {
        case .figure(let question):
            kept["measure"] = question.terms.first.map { "\(question.source)|\($0.text)" }
            kept["span"] = question.span.word
        case .alarms(let words): kept["words"] = words
        case .ledger(let name, let filter): (kept["ledger"], kept["filter"]) = (name, filter)
        case .reading(let subject): kept["subject"] = subject
        case nil: break
        }
        let measures = engine.sources(for: principal).flatMap { source in source.measures.map { Choice("\(source.name)|\($0.name)", $0.title, group: source.title) } }
        let ledgers = engine.ledgers.declarations.filter { principal.may($0.readPermission) }.map { Choice($0.name, $0.title, group: $0.group) }
        let kinds = [Choice("", "不绑定"), Choice("reading", "点位的最新值"), Choice("alarms", "位置或点位的未结报警"), Choice("figure", "统计指标"), Choice("ledger", "台账的条数")]
        return [
            FormField("source", "来源", .select(kinds), value: value("source", element.source?.word), help: "只需填所选来源下面的项；各人看到的值以其权限为准", isWide: true),
            FormField("subject", "点位", .text, value: value("subject", kept["subject"]), help: "与上报数值的点位名一致", maxLength: 100),
            FormField("words", "位置或对象", .text, value: value("words", kept["words"]), help: "与报警的位置或对象一致", maxLength: 100),
            FormField("measure", "指标", .select([Choice("", "")] + measures), value: value("measure", kept["measure"]), isWide: true),
            FormField("span", "时间范围", .select(ReportSpan.named.map { Choice($0.span.word, $0.title) }), value: value("span", kept["span"] ?? ReportSpan.today.word)),
            FormField("ledger", "台账", .select([Choice("", "")] + ledgers), value: value("ledger", kept["ledger"])),
            FormField("filter", "筛选", .text, value: value("filter", kept["filter"]), help: "台账列表地址中问号后的部分，不填为全部", maxLength: 500, isWide: true),
        ]
    }

    /// - Throws: `.invalid` with every finding.
    func read(_ form: FormInput, into start: MimicElement, by principal: Principal) throws -> MimicElement {
        var findings: [FieldFinding] = []
        func number(_ name: String, _ title: String, _ fallback: Double) -> Double {
            guard let text = form[name] else { return fallback }
            guard let value = Double(text), value.isFinite else {
                findings.append(FieldFinding(name, "format", "应为数字", title: title))
                return fallback
            }
            return value
        }
        func whole(_ name: String, _ value: Int) -> Int { form[name].flatMap { Int($0) } ?? value }
        let source = source(form, by: principal, &findings)
        let least = number("least", "量程下限", 0), fullest = number("fullest", "量程上限", 100)
        if fullest <= least { findings.append(FieldFinding("fullest", "range", "应大于量程下限", title: "量程上限")) }
        let rules = (0..<Self.rules).compactMap { index -> MimicRule? in
            guard let tone = form["tone\(index)"].flatMap(Tone.init(rawValue:)) else { return nil }
            guard form["from\(index)"] != nil else {
                findings.append(FieldFinding("from\(index)", "required", "选了颜色就要填数值", title: "第 \(index + 1) 档"))
                return nil
            }
            return MimicRule(from: number("from\(index)", "第 \(index + 1) 档", 0), tone: tone)
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return MimicElement(
            start.id, start.shape, x: whole("x", start.x), y: whole("y", start.y), width: whole("w", start.width), height: whole("h", start.height),
            turn: whole("turn", start.turn),
            label: form["label"] ?? "", source: source, least: least, fullest: fullest, rules: rules)
    }

    private func source(_ form: FormInput, by principal: Principal, _ findings: inout [FieldFinding]) -> MimicSource? {
        func missing(_ name: String, _ title: String) { findings.append(FieldFinding(name, "required", "请填写", title: title)) }
        switch form["source"] {
        case "reading":
            if let subject = form["subject"] { return .reading(subject) }
            missing("subject", "点位")
        case "alarms":
            if let words = form["words"] { return .alarms(words) }
            missing("words", "位置或对象")
        case "ledger":
            if let ledger = form["ledger"].flatMap({ engine.ledgers.declaration($0) }), principal.may(ledger.readPermission) {
                return .ledger(ledger.name, filter: form["filter"] ?? "")
            }
            missing("ledger", "台账")
        case "figure":
            let parts = (form["measure"] ?? "").split(separator: "|").map(String.init)
            if parts.count == 2, let source = engine.source(parts[0]), source.mayBeAsked(by: principal), source.measure(parts[1]) != nil {
                let span = form["span"].flatMap(ReportSpan.init(word:)) ?? .today
                return .figure(ReportQuestion(source.name, terms: [.plain(parts[1])], span: span, picture: .table))
            }
            missing("measure", "指标")
        default: break
        }
        return nil
    }
}
