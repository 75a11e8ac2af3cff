import Identity
import Kernel
import Storage

/// How stored values are shown to one principal: dictionary titles, titles of references, masks. Every page, API answer, export and history goes through here.
package struct Presenter: Sendable {
    package let declaration: LedgerDeclaration
    package let reveals: Bool
    package let seesRestricted: Bool
    private let plan: LedgerPlan
    private let context: DisplayContext

    init(_ plan: LedgerPlan, _ dictionaries: DictionarySnapshot, _ titles: ReferenceTitles, _ principal: Principal, today: Day) {
        self.plan = plan
        declaration = plan.declaration
        context = DisplayContext(dictionaries: dictionaries, titles: titles, today: today)
        reveals = principal.may(plan.declaration.revealPermission)
        seesRestricted = principal.may(plan.declaration.restrictedPermission)
    }

    package func isVisible(_ field: Field) -> Bool { seesRestricted || !field.marks.contains(.restricted) }
    package func isMasked(_ field: Field) -> Bool { field.marks.contains(.personal) && !reveals }

    /// For people; empty where nothing is stored or the field is not theirs to see.
    package func text(_ field: Field, _ record: Record) -> String {
        guard isVisible(field), let behaviour = behaviour(field) else { return "" }
        let text = behaviour.text(of: field, in: record, context)
        return isMasked(field) ? FieldChecks.masked(text, field.check) : text
    }

    /// For programs: codes as codes, references as ids, times in RFC 3339; masked values as masked text.
    package func json(_ field: Field, _ record: Record) -> JSONValue {
        guard isVisible(field), let behaviour = behaviour(field) else { return .null }
        if isMasked(field) {
            let text = behaviour.text(of: field, in: record, context)
            return text.isEmpty ? .null : .string(FieldChecks.masked(text, field.check))
        }
        return behaviour.json(of: field, in: record, context)
    }

    /// The row as the API answers it: `id, org, orgName, area, version, createdAt, updatedAt`, then every visible field; references and codes get `NAMETitle` beside them.
    package func json(_ record: Record) -> JSONValue {
        var object = JSONObject([
            ("id", .int(record.id)), ("org", JSONValue(record.org)), ("orgName", record.org.map { .string(context.titles.organisation($0)) } ?? .null),
            ("area", JSONValue(record.area)),
            ("version", .int(Int64(record.version))), ("createdAt", .string(record.createdAt.rfc3339)), ("updatedAt", .string(record.updatedAt.rfc3339)),
        ])
        if let deletedAt = record.deletedAt { object.members.append(("deletedAt", .string(deletedAt.rfc3339))) }
        for field in declaration.fields where isVisible(field) {
            let value = json(field, record)
            object.members.append((field.name, value))
            switch field.kind {
            case .code, .codes, .reference, .organisation: if value != .null { object.members.append((field.name + "Title", .string(text(field, record)))) }
            default: break
            }
        }
        return .object(object)
    }

    /// The text of the title field; `#12` where it is empty.
    package func title(_ record: Record) -> String {
        let title = declaration.field(declaration.titleField).map { text($0, record) } ?? ""
        return title.isEmpty ? "#\(record.id)" : title
    }

    /// The name of the owner organisation; empty for rows without one.
    package func owner(_ record: Record) -> String { record.org.map { context.titles.organisation($0) } ?? "" }

    /// Fields of a list: those chosen, or all that are not unlisted.
    package func columns(_ query: LedgerQuery) -> [Field] {
        let chosen = query.columns.compactMap { declaration.field($0) }.filter(isVisible)
        return chosen.isEmpty ? declaration.fields.filter { isVisible($0) && !$0.marks.contains(.unlisted) } : chosen
    }

    func changes(from before: Record, to after: Record) -> [HistoryEntry.FieldChange] {
        plan.fields.compactMap { field in
            guard isVisible(field.field), !field.columns.isEmpty else { return nil }
            let names = plan.valueNames[field.first..<(field.first + field.columns.count)]
            guard names.contains(where: { before.values[$0] ?? .null != after.values[$0] ?? .null }) else { return nil }
            return HistoryEntry.FieldChange(field: field.field.name, title: field.field.title, before: text(field.field, before), after: text(field.field, after))
        }
    }

    private func behaviour(_ field: Field) -> (any FieldBehaviour)? { plan.field(field.name)?.behaviour }
}

extension LedgerEngine {
    /// For one answer: titles come from its page, or from `titles(for:in:_:)`.
    package func presenter(_ ledger: String, titles: ReferenceTitles = .none, for principal: Principal) throws -> Presenter {
        Presenter(try plan(ledger), dictionaries.snapshot, titles, principal, today: clock.today)
    }
}
