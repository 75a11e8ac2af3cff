import Kernel

/// One page of a ledger, with the titles that its references need.
package struct LedgerPage: Sendable {
    package enum Total: Sendable, Equatable {
        case exact(Int)
        /// More than this many; nobody counts millions to show a page.
        case atLeast(Int)
        /// The query wanted none.
        case unknown

        /// `128`, `10000+`, or nothing.
        package var text: String {
            switch self {
            case .exact(let count): String(count)
            case .atLeast(let count): "\(count)+"
            case .unknown: ""
            }
        }
    }

    package var records: [Record]
    package var nextCursor: String?
    package var previousCursor: String?
    package var total: Total
    package var titles: ReferenceTitles
}

/// Titles of rows and organisations that the records of one answer point to: one query a target, never one a row.
package struct ReferenceTitles: Sendable {
    package static let none = ReferenceTitles()

    var rows: [String: [Int64: String]] = [:]
    var organisations: [Int64: String] = [:]

    /// `#12` where the row is not known.
    package func title(of id: Int64, in ledger: String) -> String { rows[ledger]?[id] ?? "#\(id)" }
    package func organisation(_ id: Int64) -> String { organisations[id] ?? "#\(id)" }

    mutating func merge(_ other: ReferenceTitles) {
        for (ledger, titles) in other.rows { rows[ledger, default: [:]].merge(titles) { first, _ in first } }
        organisations.merge(other.organisations) { first, _ in first }
    }
}
