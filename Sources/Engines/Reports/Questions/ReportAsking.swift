import Identity
import Kernel
import Storage
import Web

/// Puts one question to its source and derives what was asked beyond the source's own figures.
struct ReportAsking {
    let question: ReportQuestion
    let source: ReportSource
    let principal: Principal
    let today: Day

    func answer(_ reader: any Reader) throws -> ReportTable {
        let findings = question.findings(for: source, today: today)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard source.mayBeAsked(by: principal) else { throw Failure.forbidden("\(source.title)：统计") }
        var names: [String] = []
        for name in question.terms.flatMap(\.plain).compactMap({ source.measure($0)?.name }) where !names.contains(name) { names.append(name) }
        let dimensions = question.dimensions.compactMap { source.dimension($0) }
        let days = question.span.days(today: today)
        var ask = ReportAsk(
            dimensions: dimensions.map(\.name), measures: names,
            filters: question.filters.map { ReportFilter(source.dimension($0.dimension)?.name ?? $0.dimension, $0.values) }, time: question.time ?? source.times.first?.value,
            days: days.map { $0.from.number...$0.to.number })
        if source.times.isEmpty { (ask.time, ask.days) = (nil, nil) }
        let own = try source.answer(ask, principal, reader)
        let yearBefore = try before(ask, days, dimensions, isYear: true, reader)
        let previous = try before(ask, days, dimensions, isYear: false, reader)
        let totals = totals(own, names)
        let headings = question.terms.map { $0.heading(source) }
        var rows = own.groups.map { group in
            let lastYear = yearBefore.flatMap { $0[shifted(group.keys, dimensions, isYear: true)] }
            let last = previous.flatMap { $0[shifted(group.keys, dimensions, isYear: false)] }
            return ReportTable.Row(
                keys: group.keys, labels: group.labels, values: question.terms.map { value($0, group.values, totals, lastYear, last, names) })
        }
        if let sort = question.sort { order(&rows, sort, headings) }
        let isCut = question.limit > 0 && rows.count > question.limit
        if isCut { rows = Array(rows.prefix(question.limit)) }
        let sums = question.terms.map { term -> Double? in
            let heading = term.heading(source)
            if heading.isAdditive, let name = source.measure(term.plain[0])?.name, let index = names.firstIndex(of: name), case .plain = term { return totals[index] }
            if case .ratio = term { return value(term, totals, totals, nil, nil, names) }
            return nil
        }
        return ReportTable(
            source: source.title, dimensions: dimensions, measures: headings, rows: rows, totals: sums, isTruncated: own.isTruncated,
            span: source.times.isEmpty ? "" : question.span.title(today: today), isPivot: question.isPivot && dimensions.count > 1)
    }

    private func totals(_ answer: ReportAnswer, _ names: [String]) -> [Double?] {
        names.indices.map { index in
            guard source.measure(names[index])?.isAdditive == true else { return answer.groups.count == 1 ? answer.groups[0].values[index] : nil }
            return answer.groups.reduce(0) { $0 + ($1.values[index] ?? 0) }
        }
    }

    /// Groups of the period compared with, by key; nil where nobody asked.
    private func before(_ ask: ReportAsk, _ days: (from: Day, to: Day)?, _ dimensions: [ReportDimension], isYear: Bool, _ reader: any Reader) throws -> [[String]: [Double?]]? {
        let isAsked = question.terms.contains { term in
            switch term {
            case .yearOnYear, .lastYear: isYear
            case .sequential: !isYear
            default: false
            }
        }
        guard isAsked else { return nil }
        var shifted = ask
        if let days {
            let grain = dimensions.compactMap(\.grain).first
            let length = days.to.daysSince1970 - days.from.daysSince1970 + 1
            let from: Day
            let to: Day
            if isYear {
                (from, to) = (days.from.yearBefore, days.to.yearBefore)
            } else if let grain {
                // Each period is compared with the one before, so that only the first needs what lies before the span.
                (from, to) = (start(of: grain.before(grain.key(of: days.from)), grain) ?? days.from, days.to)
            } else {
                (from, to) = (days.from.adding(days: -length), days.from.adding(days: -1))
            }
            shifted.days = from.number...to.number
        }
        let answer = try source.answer(shifted, principal, reader)
        return Dictionary(answer.groups.map { ($0.keys, $0.values) }, uniquingKeysWith: { first, _ in first })
    }

    private func start(of key: Int, _ grain: ReportGrain) -> Day? {
        switch grain {
        case .day: Day(number: key)
        case .month: Day(number: key * 100 + 1)
        case .quarter: Day(number: key / 10 * 10_000 + ((key % 10 - 1) * 3 + 1) * 100 + 1)
        case .year: Day(number: key * 10_000 + 101)
        }
    }

    private func shifted(_ keys: [String], _ dimensions: [ReportDimension], isYear: Bool) -> [String] {
        // The first dimension of time moves; the others stay.
        var hasMoved = false
        return zip(keys, dimensions).map { key, dimension in
            guard let grain = dimension.grain, !hasMoved, let number = Int(key) else { return key }
            hasMoved = true
            return String(isYear ? grain.yearBefore(number) : grain.before(number))
        }
    }

    private func value(_ term: ReportTerm, _ own: [Double?], _ totals: [Double?], _ lastYear: [Double?]?, _ last: [Double?]?, _ names: [String]) -> Double? {
        func index(_ word: String) -> Int? { source.measure(word).flatMap { names.firstIndex(of: $0.name) } }
        func growth(_ now: Double?, _ then: Double?) -> Double? {
            guard let then, then != 0 else { return nil }
            return ((now ?? 0) - then) / abs(then)
        }
        switch term {
        case .plain(let word): return index(word).flatMap { own[$0] }
        case .share(let word):
            guard let place = index(word), let whole = totals[place], whole != 0 else { return nil }
            return (own[place] ?? 0) / whole
        case .ratio(let part, let whole):
            guard let above = index(part), let below = index(whole), let divisor = own[below], divisor != 0 else { return nil }
            return (own[above] ?? 0) / divisor
        case .yearOnYear(let word): return index(word).flatMap { growth(own[$0], lastYear?[$0]) }
        case .sequential(let word): return index(word).flatMap { growth(own[$0], last?[$0]) }
        case .lastYear(let word): return index(word).flatMap { lastYear?[$0] }
        }
    }

    private func order(_ rows: inout [ReportTable.Row], _ sort: String, _ headings: [ReportTable.Heading]) {
        let isDescending = sort.hasPrefix("-")
        guard let place = headings.firstIndex(where: { $0.name == (isDescending ? String(sort.dropFirst()) : sort) }) else { return }
        let places = rows.indices.sorted { a, b in
            let (left, right) = (rows[a].values[place] ?? -.infinity, rows[b].values[place] ?? -.infinity)
            return left == right ? a < b : isDescending ? left > right : left < right
        }
        rows = places.map { rows[$0] }
    }
}
