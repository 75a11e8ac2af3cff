import Identity
import Kernel
import Storage

/// What a query asks of the facets: every condition of it, or it is not for them.
struct FacetQuestion: Sendable {
    /// Values of one field, any of which fits.
    enum Values: Sendable {
        case oneOf([String])
        /// Beginnings of region codes.
        case areas([String])
    }

    var conditions: [(field: String, values: Values)] = []
    /// Milliseconds, both ends included.
    var from = Int64.min
    var to = Int64.max

    /// Nil where the list's own order is the better way, or a condition is none that facets know.
    init?(_ query: LedgerQuery, _ plan: LedgerPlan, _ sorts: [LedgerDeclaration.Sort], by principal: Principal) {
        let declaration = plan.declaration
        guard !declaration.facets.isEmpty, let time = declaration.timeField, !query.includeDeleted, query.extraCondition == nil, query.search?.trimmed.isEmpty ?? true else {
            return nil
        }
        guard sorts == [LedgerDeclaration.Sort(time, descending: true), LedgerDeclaration.Sort("id", descending: true)] else { return nil }
        if declaration.ownedBy == .enterprise, principal.scope != .everything {
            guard case .areas(let prefixes) = principal.scope, !prefixes.isEmpty else { return nil }
            conditions.append(("area", .areas(prefixes)))
        }
        var facets = 0
        for filter in query.filters {
            if filter.field == time {
                guard bound(filter) else { return nil }
            } else if let values = FacetQuestion.values(filter, plan) {
                conditions.append((filter.field, values))
                facets += 1
            } else {
                return nil
            }
        }
        if facets == 0 { return nil }
    }

    private static func values(_ filter: LedgerQuery.Filter, _ plan: LedgerPlan) -> Values? {
        guard filter.comparison == .eq || filter.comparison == .in else { return nil }
        let texts = filter.values.map(\.trimmed)
        guard !texts.isEmpty, !texts.contains("") else { return nil }
        if filter.field == "area" { return .areas(texts) }
        guard plan.declaration.facets.contains(filter.field), let field = plan.field(filter.field)?.field, field.check == nil, !field.marks.contains(.restricted),
            !field.marks.contains(.personal)
        else { return nil }
        return .oneOf(filter.values.map { field.isCode ? $0 : $0.trimmed })
    }

    /// Narrows the span; false for what is no span of days or moments.
    private mutating func bound(_ filter: LedgerQuery.Filter) -> Bool {
        func bounds(_ text: String) -> (Int64, Int64)? {
            if let day = Day(parsing: text) { return (day.start.milliseconds, day.end.milliseconds - 1) }
            return Moment(parsing: text).map { ($0.milliseconds, $0.milliseconds) }
        }
        let texts = filter.values.map(\.trimmed)
        switch filter.comparison {
        case .gte, .lte:
            guard let span = texts.first.flatMap(bounds) else { return false }
            if filter.comparison == .gte { from = max(from, span.0) } else { to = min(to, span.1) }
        case .between where texts.count == 2:
            if !texts[0].isEmpty {
                guard let low = bounds(texts[0]) else { return false }
                from = max(from, low.0)
            }
            if !texts[1].isEmpty {
                guard let high = bounds(texts[1]) else { return false }
                to = min(to, high.1)
            }
        default: return false
        }
        return true
    }

    /// The rows of each of some segments that meet all conditions; segments without any are left out.
    func sets(_ segments: ClosedRange<Int>, of ledger: String, _ reader: any Reader) throws -> [Int: FacetSet] {
        var found: [Int: FacetSet]?
        for (field, values) in conditions {
            var sets: [Int: FacetSet] = [:]
            let known = found
            let valueCondition: SQL
            switch values {
            case .oneOf(let texts): valueCondition = texts.count == 1 ? "value = \(texts[0])" : "value IN (\(list: texts))"
            case .areas(let prefixes): valueCondition = "(\(SQL.joined(prefixes.map { "(value >= \($0) AND value < \($0 + "~"))" }, by: " OR ")))"
            }
            try reader.each(
                "SELECT segment, members FROM facet_member WHERE ledger = \(ledger) AND field = \(field) AND \(valueCondition) AND segment BETWEEN \(segments.lowerBound) AND \(segments.upperBound)"
            ) { row in
                let segment = Int(row[0].int ?? 0)
                guard known == nil || known?[segment] != nil, let set = row[1].blob.flatMap(FacetSet.init(stored:)) else { return true }
                if sets[segment] == nil { sets[segment] = set } else { sets[segment]?.formUnion(set) }
                return true
            }
            guard let known else {
                found = sets
                continue
            }
            found = sets.reduce(into: [:]) { result, pair in
                guard var both = known[pair.key] else { return }
                both.formIntersection(pair.value)
                result[pair.key] = both
            }
        }
        return (found ?? [:]).filter { $0.value.count > 0 }
    }
}

extension Field {
    fileprivate var isCode: Bool { if case .code = kind { true } else { false } }
}
