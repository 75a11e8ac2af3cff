import Identity
import Kernel
import Storage

/// One thing as the index reads it.
package struct SearchText: Sendable, Equatable {
    package var id: Int64
    package var org: Int64?
    package var area: String?
    /// Texts that anybody who may see the thing may see.
    package var texts: [String]
    /// Personal values, found only whole; kept sealed.
    package var personal: [String]

    package init(id: Int64, org: Int64?, area: String?, texts: [String], personal: [String] = []) {
        self.id = id
        self.org = org
        self.area = area
        self.texts = texts
        self.personal = personal
    }
}

/// One thing as somebody finds it.
package struct SearchHit: Sendable, Equatable {
    package var kind: String
    package var id: Int64
    package var title: String
    /// What else tells it from others: label and value.
    package var details: [Detail]
    package var path: String

    package struct Detail: Sendable, Equatable {
        package var label: String
        package var text: String
    }
}

/// A kind of things that can be found through the index.
struct SearchSource: Sendable {
    /// How much the index itself can leave out by the reader's scope; what is left in by mistake is left out when it is read.
    enum Bounds: Sendable {
        /// Rows of an organisation in an area.
        case owned
        /// Rows of authorities: those of the regions above are seen as well.
        case authority
        /// None, or none that words can say.
        case none
    }

    var kind: String
    var title: String
    var titleEN: String
    var icon: String
    var bounds: Bounds
    /// Changes when the index of this kind must be built anew.
    var shape: String
    /// False where rows never change and none is announced: the index follows the greatest id.
    var isAnnounced: Bool
    /// Where all of them stand.
    var path: String
    var mayAsk: @Sendable (Principal) -> Bool
    var after: @Sendable (_ id: Int64, _ limit: Int, any Reader) throws -> [SearchText]
    var among: @Sendable (_ ids: [Int64], any Reader) throws -> [SearchText]
    /// By the kind's own access, newest first; texts are made for the first `shown` of them.
    var hits: @Sendable (_ ids: [Int64], _ shown: Int, Principal, any Reader) throws -> (hits: [SearchHit], count: Int)
}
