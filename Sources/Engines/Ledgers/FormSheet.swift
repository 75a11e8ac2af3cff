import Identity
import Kernel
import Storage

/// A form that is no ledger's: fields asked by a step of a workflow, judged as a ledger judges its own.
///
/// What it accepts is kept as a JSON object of stored values (codes as codes, days as `yyyymmdd`, moments in milliseconds, files as the text of a JSON array).
package struct FormSheet: Sendable {
    package let fields: [Field]
    private let plan: LedgerPlan
    private let dictionaries: Dictionaries
    private let clock: Clock

    package init(_ fields: [Field], dictionaries: Dictionaries, clock: Clock) {
        self.fields = fields
        plan = LedgerPlan(LedgerDeclaration(id: "form", name: "form", title: "表单", ownedBy: .shared, fields: fields))
        self.dictionaries = dictionaries
        self.clock = clock
    }

    /// Links to rows, places on a map and computed values belong to ledgers.
    package static func takes(_ field: Field) -> Bool {
        switch field.kind {
        case .reference, .organisation, .computed, .location: false
        default: true
        }
    }

    /// - Throws: `.invalid` with every finding at once.
    package func judge(_ input: [String: JSONValue], by principal: Principal) throws -> JSONObject {
        let context = InputContext(dictionaries: dictionaries.snapshot, now: clock.now, today: clock.today)
        var reading = DraftReading(plan, changing: nil, context, .person, principal)
        reading.read(Draft(input.filter { name, _ in plan.field(name) != nil }), changing: nil)
        guard reading.findings.isEmpty else { throw Failure.invalid(reading.findings) }
        return JSONObject(zip(plan.valueNames, reading.values).filter { !$0.1.isNull }.map { ($0.0, JSONValue(stored: $0.1)) })
    }

    /// For people; empty where nothing is stored.
    package func text(_ field: Field, in data: JSONObject) -> String {
        guard let known = plan.field(field.name) else { return "" }
        return known.behaviour.text(of: field, in: record(data), DisplayContext(dictionaries: dictionaries.snapshot, titles: .none, today: clock.today))
    }

    /// The files of a `.photo` or `.files` field.
    package func files(_ field: Field, in data: JSONObject) -> [AttachedFile] { record(data).files(field) }

    /// Codes that may be chosen today, in their order.
    package func choices(_ dictionary: String) -> [(code: String, title: String)] {
        dictionaries.snapshot.items(dictionary, on: clock.today).map { ($0.code, $0.title) }
    }

    private func record(_ data: JSONObject) -> Record {
        let values = data.members.reduce(into: [String: SQLValue]()) { $0[$1.name] = SQLValue(restoring: $1.value) }
        return Record(id: 0, org: nil, area: nil, version: 1, createdAt: clock.now, updatedAt: clock.now, values: values)
    }
}
