import Kernel
import Storage

extension LedgerEngine {
    /// Every fault of every declaration, all together, each with a stable id; empty when all is well. Asked at start and in tests.
    package static func check(_ declarations: [LedgerDeclaration], dictionaries: Dictionaries) -> [String] {
        var check = DeclarationCheck(declarations, dictionaries.snapshot)
        check.run()
        return check.faults
    }
}

/// `JW-L012 unknown field “vim” in A-09.uniqueBy`
struct DeclarationCheck {
    let declarations: [LedgerDeclaration]
    let dictionaries: DictionarySnapshot
    let names: Set<String>
    var faults: [String] = []

    /// Words that queries, columns and the API use for every ledger.
    static let reserved: Set<String> = [
        "id", "org", "orgName", "area", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "deletedAt", "q", "sort", "cursor", "limit", "cols", "deleted",
    ]

    init(_ declarations: [LedgerDeclaration], _ dictionaries: DictionarySnapshot) {
        self.declarations = declarations
        self.dictionaries = dictionaries
        names = Set(declarations.map(\.name) + [DictionaryLedger.ledger.name])
    }

    mutating func run() {
        repeated(declarations.map(\.name)).forEach { faults.append("JW-L010 ledger name “\($0)” used twice") }
        repeated(declarations.map(\.tableName)).forEach { faults.append("JW-L010 table “\($0)” used twice") }
        for declaration in declarations { check(declaration) }
    }

    private mutating func check(_ declaration: LedgerDeclaration) {
        let id = declaration.id
        if !isName(declaration.name) { faults.append("JW-L011 “\(declaration.name)” is no name in \(id)") }
        if declaration.title.isEmpty { faults.append("JW-L011 no title in \(id)") }
        if declaration.view != nil, !declaration.isReadOnly { faults.append("JW-L018 a view that may be written in \(id)") }
        repeated(declaration.fields.map(\.name)).forEach { faults.append("JW-L013 field “\($0)” declared twice in \(id)") }
        let plan = LedgerPlan(declaration)
        repeated(plan.columns + LedgerPlan.baseColumns).forEach { faults.append("JW-L013 column “\($0)” declared twice in \(id)") }
        for name in declaration.uniqueBy where plan.column(name) == nil { unknown(name, id, "uniqueBy") }
        for sort in declaration.sortedBy where plan.column(sort.field) == nil { unknown(sort.field, id, "sortedBy") }
        if declaration.titleField != "id", plan.field(declaration.titleField) == nil { unknown(declaration.titleField, id, "titleField") }
        if let time = declaration.timeField {
            switch plan.field(time)?.field.kind {
            case .day, .moment: break
            case nil: unknown(time, id, "timeField")
            default: faults.append("JW-L014 \(id).timeField “\(time)” is no day or moment")
            }
        }
        checkFacets(declaration, plan)
        let columns = Set(plan.columns + LedgerPlan.baseColumns)
        for index in declaration.indexes { for column in index.columns where !columns.contains(column) { unknown(column, id, "indexes") } }
        for field in declaration.fields { check(field, declaration, plan) }
    }

    private mutating func checkFacets(_ declaration: LedgerDeclaration, _ plan: LedgerPlan) {
        guard !declaration.facets.isEmpty else { return }
        let id = declaration.id
        if !declaration.isLarge || !declaration.isReadOnly || declaration.view != nil || declaration.timeField.flatMap({ plan.field($0) }) == nil {
            faults.append("JW-L020 facets in \(id), which is not large, read-only and sorted by a time field")
        }
        for name in declaration.facets {
            switch plan.field(name)?.field.kind {
            case .code, .text: break
            case nil: unknown(name, id, "facets")
            default: faults.append("JW-L020 \(id).facets “\(name)” is no code or text")
            }
        }
    }

    private mutating func check(_ field: Field, _ declaration: LedgerDeclaration, _ plan: LedgerPlan) {
        let place = "\(declaration.id).\(field.name)"
        if !isName(field.name) { faults.append("JW-L011 “\(field.name)” is no name in \(declaration.id)") }
        if DeclarationCheck.reserved.contains(field.name) { faults.append("JW-L011 “\(field.name)” in \(declaration.id) is reserved") }
        if field.title.isEmpty { faults.append("JW-L011 no title in \(place)") }
        switch field.kind {
        case .code(let dictionary), .codes(let dictionary):
            if !dictionaries.has(dictionary) { faults.append("JW-L015 unknown dictionary “\(dictionary)” in \(place)") }
        case .reference(let ledger):
            if !names.contains(ledger) { faults.append("JW-L016 unknown ledger “\(ledger)” in \(place)") }
        case .computed(let computation): check(computation, declaration.id, plan, place)
        default: break
        }
        checkCheck(field, place)
        checkSealing(field, declaration, place)
        if let fallback = field.fallback { check(fallback, of: field, place) }
        if field.marks.contains(.summable), !isNumber(field.kind) { faults.append("JW-L014 \(place) is summable but no number") }
        if field.marks.contains(.searchable), !isText(field.kind) { faults.append("JW-L014 \(place) is searchable but no text") }
        if field.marks.isSuperset(of: [.required, .readOnly]), field.fallback == nil, !declaration.isReadOnly, case .computed = field.kind {
            faults.append("JW-L014 \(place) is computed and required")
        }
    }

    private mutating func check(_ computation: Computation, _ id: String, _ plan: LedgerPlan, _ place: String) {
        let sources: [String] =
            switch computation {
            case .joined(let fields, _): fields
            case .minutes(let from, let to): [from, to]
            case .difference(let a, let b): [a, b]
            case .daysLeft(let field): [field]
            }
        for source in sources where plan.field(source)?.columns.isEmpty ?? true { faults.append("JW-L012 unknown field “\(source)” in \(place)") }
    }

    /// Of a sealed column the order and the groups say nothing.
    private mutating func checkSealing(_ field: Field, _ declaration: LedgerDeclaration, _ place: String) {
        guard field.isSealed else { return }
        if !field.marks.isDisjoint(with: [.sortable, .groupable]) { faults.append("JW-L023 \(place) is personal, stored sealed, and sortable or groupable") }
        if declaration.sortedBy.contains(where: { $0.field == field.name }) || declaration.facets.contains(field.name) {
            faults.append("JW-L023 \(place) is personal, stored sealed, and what \(declaration.id) is sorted or faceted by")
        }
        if declaration.view != nil, field.sealedAs == nil { faults.append("JW-L023 \(place) is personal in a view and does not say which column it shows: sealed(as:)") }
    }

    private mutating func checkCheck(_ field: Field, _ place: String) {
        guard let check = field.check else { return }
        let fits: Bool =
            switch field.kind {
            case .text, .note: check != .notFuture
            case .day, .moment: check == .notFuture
            default: false
            }
        if !fits { faults.append("JW-L017 check “\(check.rawValue)” does not fit \(place)") }
    }

    private mutating func check(_ fallback: String, of field: Field, _ place: String) {
        let day = Day(daysSince1970: 20_000)
        let context = InputContext(dictionaries: dictionaries, now: day.start, today: day)
        if case .refused(_, let why) = field.kind.behaviour.accept(.string(fallback), for: field, context) { faults.append("JW-L019 fallback “\(fallback)” of \(place): \(why)") }
    }

    private mutating func unknown(_ name: String, _ id: String, _ part: String) { faults.append("JW-L012 unknown field “\(name)” in \(id).\(part)") }

    private func repeated(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }
    }

    private func isName(_ text: String) -> Bool {
        text.first.map { $0.isLowercase && $0.isASCII } ?? false && text.utf8.count <= 50 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
    private func isNumber(_ kind: FieldKind) -> Bool {
        switch kind {
        case .integer, .decimal: true
        default: false
        }
    }
    private func isText(_ kind: FieldKind) -> Bool {
        switch kind {
        case .text, .note: true
        default: false
        }
    }
}
