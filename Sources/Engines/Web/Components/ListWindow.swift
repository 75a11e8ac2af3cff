/// How much of a list an address asks for: `?size=` rows, those before `?before=` or after `?after=`, or the `?page=`-th part of a list that is in memory; `?q=` is what is looked for, `?sort=` the order.
package struct ListWindow: Sendable {
    package let address: PageAddress
    /// Rows a page shows, 1...100.
    package let size: Int

    /// - Parameter size: where the address does not say.
    package init(_ address: PageAddress, size: Int = 20) {
        self.address = address
        self.size = min(max(address["size"].flatMap { Int($0) } ?? size, 1), 100)
    }

    package var keyword: String? { address["q"] }
    package var before: Int64? { address["before"].flatMap { Int64($0) } }
    package var after: Int64? { address["after"].flatMap { Int64($0) } }

    /// How many rows to read: one more than is shown says whether others follow.
    package var limit: Int { size + 1 }

    /// One of the texts holds what is looked for, or nothing is; Latin letters of either case are alike.
    package func finds(_ texts: String...) -> Bool {
        guard let wanted = keyword?.lowercased() else { return true }
        return texts.contains { $0.lowercased().contains(wanted) }
    }

    /// Rows read with `before` and `limit`, newest first.
    package func newest<Row>(_ found: [Row], total: Int? = nil, id: (Row) -> Int64) -> (rows: [Row], pager: Pager) {
        cut(found, by: "before", isFirst: before == nil, total, id)
    }

    /// Rows read with `after` and `limit`, in the order of their ids.
    package func following<Row>(_ found: [Row], total: Int? = nil, id: (Row) -> Int64) -> (rows: [Row], pager: Pager) {
        cut(found, by: "after", isFirst: after == nil, total, id)
    }

    private func cut<Row>(_ found: [Row], by cursor: String, isFirst: Bool, _ total: Int?, _ id: (Row) -> Int64) -> (rows: [Row], pager: Pager) {
        let shown = Array(found.prefix(size))
        let next = found.count > size ? shown.last.map { address.with(cursor, String(id($0))).text } : nil
        return (shown, Pager(first: isFirst ? nil : address.restarting.text, next: next, total: total, size: size))
    }

    /// One part of a whole list, for tables that people keep by hand and that are read at once.
    ///
    /// - Parameter keys: by what a column's name sorts; without `?sort=` the list stays as it came.
    package func numbered<Row>(_ all: [Row], sortedBy keys: [String: (Row) -> String] = [:]) -> (rows: [Row], pager: Pager) {
        let page = min(max(address["page"].flatMap { Int($0) } ?? 0, 0), max(0, (all.count - 1) / size))
        func link(_ page: Int) -> String { address.with("page", page == 0 ? nil : String(page)).text }
        let pager = Pager(
            first: page > 0 ? link(0) : nil, previous: page > 0 ? link(page - 1) : nil, next: (page + 1) * size < all.count ? link(page + 1) : nil, total: all.count, size: size)
        return (Array(sorted(all, keys).dropFirst(page * size).prefix(size)), pager)
    }

    private func sorted<Row>(_ all: [Row], _ keys: [String: (Row) -> String]) -> [Row] {
        guard let sort = address["sort"], let key = keys[sort.hasPrefix("-") ? String(sort.dropFirst()) : sort] else { return all }
        let inOrder = all.map { (key($0), $0) }.enumerated().sorted { a, b in a.element.0 == b.element.0 ? a.offset < b.offset : a.element.0 < b.element.0 }.map(\.element.1)
        return sort.hasPrefix("-") ? inOrder.reversed() : inOrder
    }
}
