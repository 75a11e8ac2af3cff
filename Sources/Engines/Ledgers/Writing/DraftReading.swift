import Identity
import Kernel
import Storage

/// Judges a draft field by field and gathers every finding; what is accepted lands in `values` at the plan's positions.
struct DraftReading {
    let plan: LedgerPlan
    let context: InputContext
    let origin: DraftOrigin
    let seesRestricted: Bool
    var values: [SQLValue]
    var findings: [FieldFinding] = []
    private var prepared: Set<String> = []

    /// - Parameter record: the row being changed; nil for a new one, which gets fallbacks and must have every required field.
    init(_ plan: LedgerPlan, changing record: Record?, _ context: InputContext, _ origin: DraftOrigin, _ principal: Principal) {
        self.plan = plan
        self.context = context
        self.origin = origin
        seesRestricted = origin == .program || principal.may(plan.declaration.restrictedPermission)
        values = plan.valueNames.map { record?.values[$0] ?? .null }
    }

    mutating func read(_ draft: Draft, changing record: Record?) {
        prepared = draft.prepared
        var known = 0
        for field in plan.fields {
            guard let input = draft.values[field.field.name] else {
                if record == nil { fillMissing(field) }
                continue
            }
            known += 1
            if field.columns.isEmpty { continue }
            if let refusal = refusal(of: input, field, record) {
                if refusal != "same" { find(field, refusal, "由系统填写，不能修改") }
                continue
            }
            take(input, field, record)
        }
        if known != draft.values.count {
            for name in draft.values.keys.sorted() where plan.field(name) == nil { findings.append(FieldFinding(name, "unknown", "不是本台账的字段", title: "“\(name)”")) }
        }
    }

    private mutating func fillMissing(_ field: FieldPlan) {
        guard !field.columns.isEmpty else { return }
        if let fallback = field.field.fallback {
            take(.string(fallback), field, nil)
        } else if field.field.marks.contains(.required), origin == .program || !field.field.marks.contains(.readOnly) {
            find(field, "required", "不能为空")
        }
    }

    /// Nil where the field may be set; `same` where a page sends back what is there anyway.
    private func refusal(of input: JSONValue, _ field: FieldPlan, _ record: Record?) -> String? {
        let isClosed =
            origin == .person && !prepared.contains(field.field.name) && (field.field.marks.contains(.readOnly) || (field.field.marks.contains(.restricted) && !seesRestricted))
        guard isClosed else { return nil }
        let current = record.map { stored(field, $0) } ?? [.null]
        if input.isBlank, current.allSatisfy(\.isNull) { return "same" }
        if case .value(let value) = field.behaviour.accept(input, for: field.field, context), [value] == current { return "same" }
        return "readOnly"
    }

    private mutating func take(_ input: JSONValue, _ field: FieldPlan, _ record: Record?) {
        if input.isBlank {
            if field.field.marks.contains(.required) { find(field, "required", "不能为空") }
            set(field, .null, .null, record)
            return
        }
        if keepsMasked(input, field, record) { return }
        switch field.behaviour.accept(input, for: field.field, context) {
        case .value(let value): set(field, value, .null, record)
        case .pair(let first, let second): set(field, first, second, record)
        case .refused(let code, let message):
            // A form sends back a code that has ended since; keeping it is no choice of it.
            if code == "expiredCode", let record, record.values[field.field.name]?.text == input.written { return }
            find(field, code, message)
        }
    }

    /// A page that was shown 138****1234 sends it back; that must not overwrite the number.
    private func keepsMasked(_ input: JSONValue, _ field: FieldPlan, _ record: Record?) -> Bool {
        guard origin == .person, field.field.marks.contains(.personal), let stored = record?.values[field.field.name]?.text, let written = input.string, written != stored else {
            return false
        }
        return written == FieldChecks.masked(stored, field.field.check)
    }

    private mutating func set(_ field: FieldPlan, _ first: SQLValue, _ second: SQLValue, _ record: Record?) {
        if let record, field.field.marks.contains(.immutable), !stored(field, record).allSatisfy(\.isNull),
            stored(field, record) != (field.columns.count == 2 ? [first, second] : [first])
        {
            find(field, "immutable", "登记后不能修改")
            return
        }
        values[field.first] = first
        if field.columns.count == 2 { values[field.first + 1] = second }
    }

    private func stored(_ field: FieldPlan, _ record: Record) -> [SQLValue] { (0..<field.columns.count).map { record.values[plan.valueNames[field.first + $0]] ?? .null } }

    mutating func find(_ field: FieldPlan, _ code: String, _ message: String) { findings.append(FieldFinding(field.field.name, code, message, title: field.field.title)) }
}
