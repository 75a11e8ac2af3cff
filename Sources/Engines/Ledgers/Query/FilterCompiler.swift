import Identity
import Kernel
import Storage

/// Turns the conditions of a query into SQL over one plan, gathering everything that is wrong with them.
struct FilterCompiler {
    let plan: LedgerPlan
    let dialect: Dialect
    let context: InputContext
    let reveals: Bool
    let seesRestricted: Bool
    var findings: [FieldFinding] = []

    init(_ plan: LedgerPlan, _ dialect: Dialect, _ context: InputContext, _ principal: Principal) {
        self.plan = plan
        self.dialect = dialect
        self.context = context
        reveals = principal.may(plan.declaration.revealPermission)
        seesRestricted = principal.may(plan.declaration.restrictedPermission)
    }

    mutating func condition(_ filter: LedgerQuery.Filter) -> SQL? {
        if let own = ownColumn(filter) { return own }
        guard let field = plan.field(filter.field), !field.columns.isEmpty, seesRestricted || !field.field.marks.contains(.restricted) else {
            findings.append(FieldFinding(filter.field, "unknown", "不能用作查询条件", title: "“\(filter.field)”"))
            return nil
        }
        // Someone who sees only 138****1234 must not find the rest out by asking; and of what is stored sealed parts cannot be compared for anyone.
        if field.field.marks.contains(.personal), !reveals || field.cipher != nil, ![.eq, .ne, .in, .isEmpty, .notEmpty].contains(filter.comparison) {
            findings.append(FieldFinding(filter.field, "forbidden", "为个人信息，只能按完整内容查询", title: field.field.title))
            return nil
        }
        return condition(filter, field)
    }

    private mutating func ownColumn(_ filter: LedgerQuery.Filter) -> SQL? {
        switch filter.field {
        case "id", "org": return compared(filter, SQL.ident(filter.field), Field.integer(filter.field, filter.field == "id" ? "编号" : "所属企业", 0...Int.max))
        case "createdAt": return moments(filter, "created_at", title: "登记时间")
        case "updatedAt": return moments(filter, "updated_at", title: "修改时间")
        case "area":
            let parts = filter.values.map(\.trimmed).filter { !$0.isEmpty }.map { prefix -> SQL in "(area >= \(prefix) AND area < \(prefix + "~"))" }
            return parts.isEmpty ? "area IS NULL" : "(\(SQL.joined(parts, by: " OR ")))"
        default: return nil
        }
    }

    private mutating func condition(_ filter: LedgerQuery.Filter, _ field: FieldPlan) -> SQL? {
        let column = SQL.ident(field.columns[0].name)
        switch filter.comparison {
        case .isEmpty: return "\(column) IS NULL"
        case .notEmpty: return "\(column) IS NOT NULL"
        default: break
        }
        if field.cipher != nil { return sealed(filter, column, field) }
        switch field.field.kind {
        case .moment: return moments(filter, field.columns[0].name, title: field.field.title)
        case .codes: return codes(filter, column)
        case .location: return box(filter, field)
        case .files, .photo: return refuse(filter, field.field.title)
        case .code:
            // Rows carry codes that have ended since; asking for them is no choice of them.
            return matched(filter, column, filter.values.map { .text($0) }, field.field.title)
        default: return compared(filter, column, field.field)
        }
    }

    /// The whole value, under whichever key it may be stored.
    private mutating func sealed(_ filter: LedgerQuery.Filter, _ column: SQL, _ field: FieldPlan) -> SQL? {
        let texts = filter.values.map { normal($0, field.field) }.filter { !$0.isEmpty }
        guard !texts.isEmpty, let stored = try? texts.flatMap({ try field.candidates(.text($0)) }) else { return refuse(filter, field.field.title) }
        return filter.comparison == .ne ? "(\(column) IS NULL OR \(column) NOT IN (\(list: stored)))" : "\(column) IN (\(list: stored))"
    }

    /// Values judged as input of that field, then compared.
    private mutating func compared(_ filter: LedgerQuery.Filter, _ column: SQL, _ field: Field) -> SQL? {
        switch filter.comparison {
        case .contains, .startsWith:
            guard isText(field), let text = filter.values.first, !text.isEmpty else { return refuse(filter, field.title) }
            return filter.comparison == .startsWith ? .starts(with: text, in: column) : .contains(text, in: column)
        case .between:
            guard filter.values.count == 2 else { return refuse(filter, field.title) }
            var parts: [SQL] = []
            if !filter.values[0].trimmed.isEmpty, let low = value(filter.values[0], field) { parts.append("\(column) >= \(low)") }
            if !filter.values[1].trimmed.isEmpty, let high = value(filter.values[1], field) { parts.append("\(column) <= \(high)") }
            return .all(of: parts)
        default:
            var values: [SQLValue] = []
            for text in filter.values { if let value = value(text, field) { values.append(value) } }
            return matched(filter, column, values, field.title)
        }
    }

    private mutating func value(_ text: String, _ field: Field) -> SQLValue? {
        if isText(field) { return .text(normal(text, field)) }
        var loose = field
        loose.check = nil
        switch loose.kind {
        case .integer: loose.kind = .integer(Int.min...Int.max)
        case .decimal(let places, _): loose.kind = .decimal(places: places, -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
        default: break
        }
        if case .value(let value) = loose.kind.behaviour.accept(.string(text), for: loose, context) { return value }
        findings.append(FieldFinding(field.name, "format", "不能与“\(text)”比较", title: field.title))
        return nil
    }

    /// `冀a·12345` finds 冀A12345: codes are compared in the spelling they are stored in.
    private func normal(_ text: String, _ field: Field) -> String {
        if let check = field.check, case .accepted(let normal) = FieldChecks.judge(check, text.trimmed, context) { return normal }
        return text.trimmed
    }

    private mutating func matched(_ filter: LedgerQuery.Filter, _ column: SQL, _ values: [SQLValue], _ title: String) -> SQL? {
        guard let first = values.first else { return findings.isEmpty ? refuse(filter, title) : nil }
        switch filter.comparison {
        case .eq: return values.count == 1 ? "\(column) = \(first)" : "\(column) IN (\(list: values))"
        case .in: return values.count == 1 ? "\(column) = \(first)" : "\(column) IN (\(list: values))"
        case .ne: return "(\(column) IS NULL OR \(column) NOT IN (\(list: values)))"
        case .gte: return "\(column) >= \(first)"
        case .lte: return "\(column) <= \(first)"
        default: return refuse(filter, title)
        }
    }

    /// A day stands for all its moments.
    private mutating func moments(_ filter: LedgerQuery.Filter, _ name: String, title: String) -> SQL? {
        let column = SQL.ident(name)
        func bounds(_ text: String) -> (Moment, Moment)? {
            if let day = Day(parsing: text.trimmed) { return (day.start, Moment(milliseconds: day.end.milliseconds - 1)) }
            return Moment(parsing: text.trimmed).map { ($0, $0) }
        }
        var spans: [(Moment, Moment)?] = []
        for text in filter.values {
            let span = bounds(text)
            if span == nil, !text.trimmed.isEmpty { findings.append(FieldFinding(filter.field, "format", "不能与“\(text)”比较", title: title)) }
            spans.append(span)
        }
        switch filter.comparison {
        case .isEmpty: return "\(column) IS NULL"
        case .notEmpty: return "\(column) IS NOT NULL"
        case .gte: return spans.first?.map { "\(column) >= \($0.0)" }
        case .lte: return spans.first?.map { "\(column) <= \($0.1)" }
        case .between where spans.count == 2:
            var parts: [SQL] = []
            if let low = spans[0] { parts.append("\(column) >= \(low.0)") }
            if let high = spans[1] { parts.append("\(column) <= \(high.1)") }
            return .all(of: parts)
        case .eq, .in:
            let parts = spans.compactMap { $0 }.map { span -> SQL in "(\(column) >= \(span.0) AND \(column) <= \(span.1))" }
            return parts.isEmpty ? nil : "(\(SQL.joined(parts, by: " OR ")))"
        default: return refuse(filter, title)
        }
    }

    /// Any of the codes, looked for in the stored JSON array with its quotes.
    private mutating func codes(_ filter: LedgerQuery.Filter, _ column: SQL) -> SQL? {
        let parts = filter.values.filter { !$0.isEmpty }.map { code in SQL.contains(code: JSONValue.string(code).text, in: column) }
        guard !parts.isEmpty else { return refuse(filter, filter.field) }
        switch filter.comparison {
        case .eq, .in, .contains: return "(\(SQL.joined(parts, by: " OR ")))"
        case .ne: return "(\(column) IS NULL OR NOT (\(SQL.joined(parts, by: " OR "))))"
        default: return refuse(filter, filter.field)
        }
    }

    /// `between` west,south,east,north in WGS84 degrees: what a map shows.
    private mutating func box(_ filter: LedgerQuery.Filter, _ field: FieldPlan) -> SQL? {
        let degrees = filter.values.compactMap { Double($0.trimmed) }
        guard filter.comparison == .between, degrees.count == 4 else { return refuse(filter, field.field.title) }
        let longitude = SQL.ident(field.columns[0].name)
        let latitude = SQL.ident(field.columns[1].name)
        return "(\(longitude) >= \(degrees[0]) AND \(longitude) <= \(degrees[2]) AND \(latitude) >= \(degrees[1]) AND \(latitude) <= \(degrees[3]))"
    }

    private mutating func refuse(_ filter: LedgerQuery.Filter, _ title: String) -> SQL? {
        findings.append(FieldFinding(filter.field, "comparison", "不能按“\(filter.comparison.rawValue)”查询", title: title))
        return nil
    }

    private func isText(_ field: Field) -> Bool {
        switch field.kind {
        case .text, .note: true
        default: false
        }
    }

    /// The search box. In very large ledgers text is found by its beginning, through an index; elsewhere anywhere.
    mutating func search(_ text: String) -> SQL {
        let text = text.trimmed
        var parts: [SQL] = []
        for field in plan.fields where field.field.marks.contains(.searchable) && isText(field.field) && !field.columns.isEmpty {
            if field.field.marks.contains(.restricted), !seesRestricted { continue }
            let column = SQL.ident(field.columns[0].name)
            let normal = normal(text, field.field)
            let code = field.field.check == nil ? normal : CodeText.normalize(text)
            if field.cipher != nil {
                if let stored = try? field.candidates(.text(normal)) { parts.append("\(column) IN (\(list: stored))") }
            } else if field.field.marks.contains(.personal), !reveals {
                parts.append("\(column) = \(normal)")
            } else if plan.declaration.isLarge {
                // A short beginning fits so many rows that walking the list's order finds a page sooner than the index. U+10FFFF is greater than every character that may follow.
                let walked: SQL = dialect == .sqlite && code.count < 5 ? "+\(column)" : column
                parts.append("(\(walked) >= \(code) AND \(walked) < \(code + "\u{10FFFF}"))")
            } else {
                parts.append(.contains(code, in: column))
            }
        }
        return parts.isEmpty ? "1 = 0" : "(\(SQL.joined(parts, by: " OR ")))"
    }
}
