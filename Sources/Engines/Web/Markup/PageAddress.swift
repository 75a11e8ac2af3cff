import Kernel

/// A path with its query, for links that change one thing and keep the rest (sorting, filters, pages).
package struct PageAddress: Sendable, Equatable {
    package var path: String
    package var query: [QueryItem]

    package struct QueryItem: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ path: String, _ query: [QueryItem] = []) {
        self.path = path
        self.query = query
    }

    package init(_ path: String, _ pairs: KeyValuePairs<String, String?>) {
        self.path = path
        query = pairs.compactMap { pair in pair.value.map { QueryItem(pair.key, $0) } }
    }

    /// The first value of a name; an empty value counts as absent.
    package subscript(name: String) -> String? { query.first { $0.name == name && !$0.value.isEmpty }?.value }

    package func all(_ name: String) -> [String] { query.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }

    /// The same address with one name set, or removed when the value is nil. Any cursor (`after`, `before`, `page`) is kept; see `restarting`.
    package func with(_ name: String, _ value: String?) -> PageAddress {
        var copy = self
        copy.query.removeAll { $0.name == name }
        if let value { copy.query.append(QueryItem(name, value)) }
        return copy
    }

    /// Without cursors and page number, so that the list starts again at its first page.
    package var restarting: PageAddress { with("after", nil).with("before", nil).with("page", nil) }

    /// `/path?a=1&b=%E4%BA%AC`, percent-encoded.
    package var text: String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\(FormEncoding.encode($0.name))=\(FormEncoding.encode($0.value))" }.joined(separator: "&")
    }
}

extension FormEncoding {
    /// Name and value pairs in the order they came; at most 4,000.
    package static func pairs(_ text: some Collection<UInt8>) -> [PageAddress.QueryItem] {
        text.split(separator: UInt8(ascii: "&"), maxSplits: 4000).map { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return .init(decode(part), "") }
            return .init(decode(part[part.startIndex..<equals]), decode(part[part.index(after: equals)...]))
        }
    }
}
