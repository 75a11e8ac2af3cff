import Kernel

/// One dataset's answer as a template uses it: records down, places across, figures for each pair, group and whole.
struct TemplateData: Sendable {
    struct Place: Sendable, Equatable {
        var key: String
        var label: String
    }

    struct Record: Sendable, Equatable {
        /// Of the dimensions that go down, in their order.
        var keys: [String]
        var labels: [String]
    }

    enum Scope: Sendable, Equatable {
        case record(Int)
        /// Level, first and last record.
        case group(Int, Int, Int)
        case everything
    }

    let dataset: ReportTemplate.Dataset
    let across: [Place]
    let records: [Record]
    /// The dimension that goes across; nil where none does.
    private let band: Int?
    /// By record, then by place; without a band one place.
    private let values: [[[Double?]?]]
    private let totals: [Double?]

    init(_ dataset: ReportTemplate.Dataset, _ table: ReportTable, across band: Int?) {
        self.dataset = dataset
        self.band = band
        totals = table.totals
        var places: [String: Int] = [:]
        var found: [Place] = []
        if let band {
            for row in table.rows where places[row.keys[band]] == nil {
                places[row.keys[band]] = found.count
                found.append(Place(key: row.keys[band], label: row.labels[band]))
            }
            found.sort { a, b in (Int(a.key) ?? 0, a.key) < (Int(b.key) ?? 0, b.key) }
            places = Dictionary(found.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        }
        across = found
        var lines: [[String]: Int] = [:]
        var records: [Record] = []
        var values: [[[Double?]?]] = []
        let width = max(1, found.count)
        for row in table.rows {
            var (keys, labels) = (row.keys, row.labels)
            if let band, keys.indices.contains(band) {
                keys.remove(at: band)
                labels.remove(at: band)
            }
            let line: Int
            if let known = lines[keys] {
                line = known
            } else {
                line = records.count
                lines[keys] = line
                records.append(Record(keys: keys, labels: labels))
                values.append([[Double?]?](repeating: nil, count: width))
            }
            values[line][band.flatMap { places[row.keys[$0]] } ?? 0] = row.values
        }
        // Groups stand together, whatever the figures were sorted by.
        let order = TemplateData.grouped(records)
        self.records = order.map { records[$0] }
        self.values = order.map { values[$0] }
    }

    private static func grouped(_ records: [Record]) -> [Int] {
        var first: [[String]: Int] = [:]
        for (index, record) in records.enumerated() {
            for level in record.keys.indices { first[Array(record.keys.prefix(level + 1))] = min(first[Array(record.keys.prefix(level + 1))] ?? index, index) }
        }
        return records.indices.sorted { a, b in
            for level in records[a].keys.indices {
                let (left, right) = (first[Array(records[a].keys.prefix(level + 1))] ?? a, first[Array(records[b].keys.prefix(level + 1))] ?? b)
                if left != right { return left < right }
            }
            return a < b
        }
    }

    /// A dimension's place among those that go down.
    func level(_ dimension: Int) -> Int { band.map { dimension > $0 ? dimension - 1 : dimension } ?? dimension }

    func label(_ dimension: Int, _ record: Int) -> String {
        let level = level(dimension)
        return records.indices.contains(record) && records[record].labels.indices.contains(level) ? records[record].labels[level] : ""
    }

    /// - Parameter place: one of `across`; nil over all of them.
    func value(_ term: Int, _ scope: Scope, _ place: Place?) -> Double? {
        let at = place.flatMap { place in across.firstIndex(of: place) }
        if band != nil, place != nil, at == nil { return nil }
        switch scope {
        case .record(let index):
            guard values.indices.contains(index) else { return nil }
            if band == nil || at != nil { return values[index][at ?? 0]?[term] }
            return sum(term, [index], nil)
        case .group(_, let from, let to): return sum(term, from...to, at)
        case .everything:
            if at == nil, totals.indices.contains(term), let whole = totals[term] { return whole }
            return sum(term, records.indices, at)
        }
    }

    private func sum(_ term: Int, _ lines: some Sequence<Int>, _ at: Int?) -> Double? {
        let lines = Array(lines)
        func added(_ term: Int) -> Double? {
            var sum: Double?
            for line in lines where values.indices.contains(line) {
                for (place, figures) in values[line].enumerated() where at == nil || place == at { if let value = figures?[term] { sum = (sum ?? 0) + value } }
            }
            return sum
        }
        switch dataset.question.terms[term] {
        case .plain(let name): return dataset.source.measure(name)?.isAdditive == true ? added(term) : single(term, lines, at)
        case .share, .lastYear: return added(term)
        case .ratio(let part, let whole):
            let terms = dataset.question.terms
            guard let above = terms.firstIndex(of: .plain(part)), let below = terms.firstIndex(of: .plain(whole)), let divisor = added(below), divisor != 0 else {
                return single(term, lines, at)
            }
            return (added(above) ?? 0) / divisor
        case .yearOnYear, .sequential: return single(term, lines, at)
        }
    }

    /// What cannot be added up stands only where it is one figure.
    private func single(_ term: Int, _ lines: [Int], _ at: Int?) -> Double? {
        let found = lines.flatMap { line in values.indices.contains(line) ? values[line].enumerated().filter { at == nil || $0.offset == at }.compactMap { $0.element?[term] } : []
        }
        return found.count == 1 ? found[0] : nil
    }
}
