import Kernel
import Storage

/// What stands behind the gate interface: the domain, as App wires it. The gateway knows the protocol, the backend knows the business.
///
/// `claim` records the request's nonce and must run first in the transaction of whatever a call writes. What a call throws as `Failure` with a five-digit code is answered with that code.
package protocol GateBackend: Sendable {
    /// The organisation of an enterprise code; nil when there is none that is connected.
    func organisation(of enterpriseCode: String) -> Int64?
    func passes(_ values: [JSONValue], from caller: GateCaller, claim: @escaping GateClaim) async throws -> GateResults
    /// Whether `passesAtOnce` is worth asking.
    var mayPassAtOnce: Bool { get }
    /// `passes` without a task: read and judged now, stored when the result is called with the claim, which then tells the outcome from another thread.
    ///
    /// - Returns: nil when something must be waited for first.
    func passesAtOnce(_ values: [JSONValue], from caller: GateCaller) -> GatePassesReady?
    func filing(_ query: GateFilingQuery, from caller: GateCaller) async throws -> JSONValue
    func heartbeat(_ value: JSONValue, from caller: GateCaller, claim: @escaping GateClaim) async throws -> JSONValue
    func changes(after cursor: String?, waitSeconds: Int, from caller: GateCaller) async throws -> JSONValue
    func receipts(_ value: JSONValue, from caller: GateCaller, claim: @escaping GateClaim) async throws -> JSONValue
    func ledger(_ name: String, _ values: [JSONValue], from caller: GateCaller, claim: @escaping GateClaim) async throws -> GateResults
    /// - Returns: true when the photo was not known before.
    func photo(_ sha256: String, _ bytes: [UInt8], from caller: GateCaller, claim: @escaping GateClaim) async throws -> Bool
    /// - Parameter feeding: hands on the bytes as they come.
    /// - Returns: true when the recording was not known before.
    func clip(_ clip: GateClip, from caller: GateCaller, claim: @escaping GateClaim, feeding: @escaping GateFeed) async throws -> Bool
    /// A token was given; recorded in the audit.
    func tokenIssued(to caller: GateCaller, claim: @escaping GateClaim) async throws
}

/// Passes that are judged and wait to be stored. The outcome is made where it is called, so that whoever stores need not.
package typealias GatePassesReady = @Sendable (_ claim: @escaping GateClaim, _ then: @escaping @Sendable (_ outcome: @escaping @Sendable () throws -> GateResults) -> Void) -> Void

package typealias GateClaim = @Sendable (any Transaction) throws -> Void

/// Hands the parts of a body to whoever takes them, one after the other.
package typealias GateFeed = @Sendable (@Sendable ([UInt8]) async throws -> Void) async throws -> Void

/// A recording of one pass: which pass it shows, and what the camera says of it.
package struct GateClip: Sendable {
    package var sha256: String
    package var gateNo: String
    package var serialNo: Int64
    package var cameraNo: String?
    package var from: Moment?
    package var to: Moment?
}

/// Who calls: a believed client for one enterprise.
package struct GateCaller: Sendable {
    package var org: Int64
    package var enterpriseCode: String
    package var accreditationNo: String
    package var address: String
}

/// What the platform says of a batch, in its order.
package struct GateResults: Sendable {
    /// A JSON array.
    package var results: [UInt8]
    /// Names of fields the interface does not know, once each.
    package var ignored: [String]

    package init(results: [JSONValue], ignored: [String]) {
        self.init(encoded: JSONValue.array(results).bytes, ignored: ignored)
    }

    package init(encoded results: [UInt8], ignored: [String]) {
        self.results = results
        self.ignored = ignored
    }
}

/// What a gate asks before the barrier lifts.
package struct GateFilingQuery: Sendable {
    package var plateNo: String
    package var plateColor: PlateColor
    package var isEntry: Bool
    package var gateNo: String
    /// As recognised at the gate; nil where nobody looked.
    package var driver: String?
    package var cargo: String?
}
