import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B2.1.9、B2.2.9、B1.3.9 处置措施: one row is one measure that may be chosen, with its range, its condition and who goes on after it.
///
/// Source: requirements/B-transport.md B1.3.9, B2.1.9, B2.2.9.
package enum EnforcementMeasure {
    package static let ledger = LedgerDeclaration(
        id: "B2.2.9", name: "enforcementMeasure", title: "处置措施库", titleEN: "Measures", group: EnforcementArea.cases, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("rank"), LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "措施编号", length: 1...20, marks: [.required, .searchable, .sortable, .immutable]), .text("name", "措施名称", length: 2...40, marks: [.required, .searchable]),
            .code("kind", "措施类型", from: .measureKind, marks: [.required, .filterable, .groupable]),
            .integer("rank", "轻重次序", 0...99, marks: [.sortable]).fallback("10").hint("由轻到重，用于再查、处罚、整改、吊销的递进"),
            .decimal("amountMin", "金额下限", places: 2, 0...10_000_000, unit: "元"), .decimal("amountMax", "金额上限", places: 2, 0...10_000_000, unit: "元").hint("录入超出幅度时提示，须说明理由"),
            .integer("daysMax", "停业天数上限", 0...365, unit: "天"), .bool("needsApproval", "须上级审批", marks: [.filterable]).fallback("false"),
            .text("condition", "切换条件", length: 0...200, marks: [.unlisted]).hint("如 再查仍不合格"), .text("nextStep", "下一步", length: 0...100, marks: [.unlisted]).hint("由谁办理、办什么"),
            .bool("isOpen", "启用", marks: [.filterable]).fallback("true"), .note("description", "说明", length: 0...500, marks: [.unlisted]),
        ])

    struct Terms: Sendable, Equatable {
        var code: String
        var name: String
        var kind: String
        var range: FineRange
        var daysMax: Int?
        var needsApproval: Bool
    }

    static func terms(_ code: String, _ reader: any Reader) throws -> Terms? {
        guard let row = try reader.first("SELECT * FROM enforcement_measure WHERE code = \(code)") else { return nil }
        return Terms(
            code: code, name: row.text("name") ?? code, kind: row.text("kind") ?? "", range: FineRange(minimum: row.double("amount_min"), maximum: row.double("amount_max")),
            daysMax: row.int("days_max").map { Int($0) }, needsApproval: row.bool("needs_approval"))
    }

    static func register(on platform: Platform) {
        let ledgers = platform.ledgers
        ledgers.onPrepare(of: ledger.name) { draft, before, _, _ in
            func number(_ name: String) -> Double? { draft.values[name].map { $0.double ?? $0.string.flatMap { Double($0) } } ?? before?.values[name]?.double }
            guard let low = number("amountMin"), let high = number("amountMax"), low > high else { return }
            throw Failure.invalid([FieldFinding("amountMax", "range", "不能低于下限", title: "金额上限")])
        }
        ledgers.onChange(of: ledger.name) { change, tx in
            guard let row = change.record else { return }
            let isOffered = change.kind != .deleted && row.deletedAt == nil && row.values["isOpen"]?.int != 0
            try CodeMirror.keep(
                .caseMeasure, code: row.values["code"]?.text ?? "", title: row.values["name"]?.text ?? "", isOffered: isOffered, order: Int(row.values["rank"]?.int ?? 0),
                ledgers: ledgers,
                by: change.by, in: tx)
        }
    }
}

/// Between which amounts a fine lies, yuan; what is nil has no bound.
package struct FineRange: Sendable, Equatable {
    package var minimum: Double?
    package var maximum: Double?

    package init(minimum: Double? = nil, maximum: Double? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }

    package var isOpen: Bool { minimum == nil && maximum == nil }

    package func holds(_ amount: Double) -> Bool { amount >= minimum ?? 0 && amount <= maximum ?? .infinity }

    package var text: String {
        func plain(_ value: Double) -> String { value == value.rounded() ? String(Int64(value)) : String(value) }
        switch (minimum, maximum) {
        case (let low?, let high?): return "\(plain(low))～\(plain(high)) 元"
        case (nil, let high?): return "不超过 \(plain(high)) 元"
        case (let low?, nil): return "不低于 \(plain(low)) 元"
        case (nil, nil): return "不限"
        }
    }
}

/// What a decision says, judged against the measure and the category.
package struct MeasureChoice: Sendable, Equatable {
    package var kind: String
    package var fine: Double?
    package var days: Int?
    /// Goes beyond the range knowingly, with a reason.
    package var isConfirmed: Bool
    package var reason: String

    package init(kind: String, fine: Double? = nil, days: Int? = nil, isConfirmed: Bool = false, reason: String = "") {
        self.kind = kind
        self.fine = fine
        self.days = days
        self.isConfirmed = isConfirmed
        self.reason = reason
    }

    /// A fine needs its amount, a suspension its days; what lies beyond the range is a warning until it is confirmed with a reason.
    ///
    /// - Parameter daysMax: the most days of a suspension.
    package func findings(range: FineRange, daysMax: Int?) -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if kind == "fine", fine ?? 0 <= 0 { findings.append(FieldFinding("fine", "required", "罚款须填写金额", title: "罚款金额")) }
        if kind != "fine", fine ?? 0 > 0, range.isOpen { findings.append(FieldFinding("fine", "range", "此措施不含罚款", title: "罚款金额")) }
        if kind == "suspend", days ?? 0 <= 0 { findings.append(FieldFinding("suspendDays", "required", "停业整顿须填写天数", title: "停业整顿天数")) }
        if kind == "suspend", let days, let daysMax, days > daysMax { findings.append(FieldFinding("suspendDays", "range", "不能超过 \(daysMax) 天", title: "停业整顿天数")) }
        guard let fine, fine > 0, !range.holds(fine) else { return findings }
        if !isConfirmed {
            findings.append(FieldFinding("fine", "warning", "超出规定幅度 \(range.text)，如确需如此，请在“超出幅度仍提交”选“是”并说明理由", title: "罚款金额"))
        } else if reason.isEmpty {
            findings.append(FieldFinding("fineReason", "required", "超出幅度须说明理由", title: "超幅度理由"))
        }
        return findings
    }
}
