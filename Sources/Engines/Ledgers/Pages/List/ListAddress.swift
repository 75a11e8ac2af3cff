import Kernel
import Web

/// The address of a list, brought to the one syntax that pages, API, exports and saved views share (`LedgerQuery`).
///
/// Forms send what HTML can: a name repeated for every chosen box, and `…_from` and `…_to` for ranges.
enum ListAddress {
    /// Names that are not part of the query: they choose how it is shown.
    static let viewNames: Set<String> = ["cols", "size", "after", "before", "view", "dim", "measure", "chart", "format"]

    static func canonical(_ address: PageAddress) -> PageAddress {
        var out = PageAddress(address.path)
        for item in address.query {
            let value = item.value.trimmedSpaces
            guard !value.isEmpty else { continue }
            guard item.name.hasPrefix("f.") else {
                if !out.query.contains(where: { $0.name == item.name }) { out.query.append(.init(item.name, value)) }
                continue
            }
            if item.name.hasSuffix("_from") {
                out.query.append(.init(String(item.name.dropLast(5)) + ".gte", value))
            } else if item.name.hasSuffix("_to") {
                out.query.append(.init(String(item.name.dropLast(3)) + ".lte", value))
            } else if let index = out.query.firstIndex(where: { $0.name == item.name }) {
                out.query[index].value += "," + value
            } else {
                out.query.append(.init(item.name, value))
            }
        }
        return out
    }

    /// Only what chooses rows: for exports, statistics and saved views.
    static func rows(_ address: PageAddress) -> [PageAddress.QueryItem] { address.query.filter { !viewNames.contains($0.name) && $0.name != "_csrf" } }
}
