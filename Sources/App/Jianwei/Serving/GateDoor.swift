import Foundation
import HJ1321
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import MobileSources
import NIOCore
import Storage
import Web

/// What stands before the router: the gate interface has a door of its own, everything else goes to the web.
struct FrontDoor<Site: HTTPResponder>: HTTPResponder where Site.Context == WebContext {
    let trustedProxies: Set<String>
    let gates: GateGateway
    let site: Site
    let administration: AdminDoor
    let figures: MetricsDoor
    /// Who is shut out is told so before anything is looked at.
    let blocks: AddressBlocks

    func respond(to request: Request, context: WebContext) async throws -> Response {
        let began = ContinuousClock.now
        var status = 500
        defer { figures.metrics.note(path: request.uri.path, status: status, seconds: (ContinuousClock.now - began) / .seconds(1)) }
        let response = try await answer(request, context)
        status = response.status.code
        return response
    }

    private func answer(_ request: Request, _ context: WebContext) async throws -> Response {
        let path = request.uri.path
        let caller = GateLane.caller(request.headers, context.address, trustedProxies)
        guard !blocks.isBlocked(caller) else { return shutOut }
        if path.hasPrefix(GateGateway.prefix) {
            let response = await gates.respond(to: request, address: caller)
            if response.status == .unauthorized { try await blocks.report(.forging, from: caller, isTrusted: trustedProxies.contains(caller)) }
            return response
        }
        if path == AdminDoor.path { return await administration.respond(to: request, address: context.address) }
        if path == MetricsDoor.path { return await figures.respond(to: request, address: context.address) }
        return try await site.respond(to: request, context: context)
    }
}

extension FrontDoor {
    /// Small, and the same for pages and programs.
    private var shutOut: Response {
        let text = #"{"status":403,"code":"JW-W451","title":"此地址因持续异常访问已被封禁，如有疑问请联系平台管理员"}"#
        return Response(
            status: .forbidden, headers: [.contentType: "application/problem+json; charset=utf-8", .connection: "close"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .cacheControl

/// Joins the gate interface to the domain. A class, because the domain is many values that each request would copy.
final class GateDesk: GateBackend {
    let gates: GateSupervision

    init(gates: GateSupervision) { self.gates = gates }

    func organisation(of enterpriseCode: String) -> Int64? {
        let snapshot = gates.registry.snapshot
        guard let org = snapshot.orgByCode[enterpriseCode], snapshot.enterprises[org]?.isConnected ?? false else { return nil }
        return org
    }

    func passes(_ values: [JSONValue], from caller: GateCaller, claim: @escaping GateClaim) async throws -> GateResults {
        let results = try await gates.passes.record(values, from: terminal(caller), claim: claim)
        return gateResults(results)
    }

    var mayPassAtOnce: Bool { gates.passes.mayRecordAtOnce }

    func passesAtOnce(_ values: [JSONValue], from caller: GateCaller) -> GatePassesReady? {
        guard let store = gates.passes.recordAtOnce(values, from: terminal(caller)) else { return nil }
        return { claim, then in store(claim) { outcome in then { self.gateResults(try outcome.get()) } } }
    }

    private func gateResults(_ results: [PassResult]) -> GateResults {
        var encoded: [UInt8] = [UInt8(ascii: "[")]
        encoded.reserveCapacity(128 * results.count)
        for (index, result) in results.enumerated() {
            if index > 0 { encoded.append(UInt8(ascii: ",")) }
            result.write(into: &encoded)
        }
        encoded.append(UInt8(ascii: "]"))
        return GateResults(encoded: encoded, ignored: once(results.flatMap(\.ignored)))
    }

    func filing(_ query: GateFilingQuery, from caller: GateCaller) async throws -> JSONValue {
        try await gates.filingLookup.look(
            plateNo: query.plateNo, color: query.plateColor, isEntry: query.isEntry, gateNo: query.gateNo, org: caller.org, driver: query.driver, cargo: query.cargo
        )
        .json
    }

    func heartbeat(_ value: JSONValue, from caller: GateCaller, claim: @escaping GateClaim) async throws -> JSONValue {
        try await gates.heartbeats.beat(try GateHeartbeats.Beat(value), from: terminal(caller), claim: claim).json
    }

    func changes(after cursor: String?, waitSeconds: Int, from caller: GateCaller) async throws -> JSONValue {
        let page = try await gates.handDown.changes(after: cursor, waitSeconds: waitSeconds, org: caller.org)
        return ["cursor": .string(page.cursor), "items": .array(page.items.map(\.json))]
    }

    func receipts(_ value: JSONValue, from caller: GateCaller, claim: @escaping GateClaim) async throws -> JSONValue {
        let receipts = try GateReceipts.read(value)
        let unknown = try await gates.handDown.receive(receipts, org: caller.org, claim: claim)
        return ["accepted": .int(Int64(receipts.count - unknown.count)), "unknown": .array(unknown.map { ["id": .string($0.objectId), "version": .int($0.version)] })]
    }

    func ledger(_ name: String, _ values: [JSONValue], from caller: GateCaller, claim: @escaping GateClaim) async throws -> GateResults {
        let results = try await gates.gateLedgers.upsert(name, values, from: terminal(caller), claim: claim)
        return GateResults(results: results.map(\.json), ignored: once(results.flatMap(\.ignored)))
    }

    func photo(_ sha256: String, _ bytes: [UInt8], from caller: GateCaller, claim: @escaping GateClaim) async throws -> Bool {
        try await gates.receivePhoto(sha256, bytes, from: terminal(caller), claim: claim)
    }

    func clip(_ clip: GateClip, from caller: GateCaller, claim: @escaping GateClaim, feeding: @escaping GateFeed) async throws -> Bool {
        let sent = PassClips.Sent(sha256: clip.sha256, gateNo: clip.gateNo, serialNo: clip.serialNo, cameraNo: clip.cameraNo, from: clip.from, to: clip.to)
        return try await gates.clips.receive(sent, from: terminal(caller), claim: claim, feeding: feeding)
    }

    func tokenIssued(to caller: GateCaller, claim: @escaping GateClaim) async throws { try await gates.noteToken(for: terminal(caller), claim: claim) }

    private func terminal(_ caller: GateCaller) -> GateTerminal {
        GateTerminal(org: caller.org, enterpriseCode: caller.enterpriseCode, accreditationNo: caller.accreditationNo, address: caller.address)
    }

    private func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

/// `{"items":[{"id","version","status":"received|applied|failed","msg"}]}` (interfaces/gate.md Downlink).
enum GateReceipts {
    static func read(_ value: JSONValue) throws -> [HandDown.Receipt] {
        guard let items = value["items"]?.array else { throw Failure(.invalid, "40002", "字段有误", fields: [FieldFinding("items", "required", "必填，应为数组")]) }
        guard items.count <= 500 else { throw Failure(.tooLarge, "41301", "一次最多 500 条回执") }
        var reader = FieldReader()
        var receipts: [HandDown.Receipt] = []
        for (index, item) in items.enumerated() {
            let at = "items[\(index)]"
            let id = item["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            let version = item["version"]?.int
            let status = item["status"].flatMap { $0.isNull ? nil : reader.code("\(at).status", $0, ["received", "applied", "failed"]) }
            if id == nil { reader.fail("\(at).id", "required", "必填") }
            if version == nil { reader.fail("\(at).version", "required", "必填，应为整数") }
            if item["status"]?.isNull ?? true { reader.fail("\(at).status", "required", "必填") }
            guard let id, let version, let status else { continue }
            receipts.append(HandDown.Receipt(objectId: id, version: version, status: status, message: item["msg"]?.string.map { String($0.prefix(200)) }))
        }
        guard reader.errors.isEmpty else { throw Failure(.invalid, "40002", "字段有误", fields: reader.errors) }
        return receipts
    }
}
