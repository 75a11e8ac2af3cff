import Cryptography
import Exchange
import HTTPTypes
import Hummingbird
import Kernel
import Logging
import NIOCore
import Synchronization

/// Gate interface v1 (A-29; interfaces/gate.md): the outside of the platform that enterprises' gate systems speak to.
///
///     POST   /gate/v1/token                signed, no token
///     GET    /gate/v1/platform-key         open
///     PUT    /gate/v1/photos/{sha256}      signed, token; image bytes ≤ 5 MiB
///     PUT    /gate/v1/clips/{sha256}       signed, token; MP4 ≤ 32 MiB of one pass
///     POST   /gate/v1/passes               signed, token; an object or 1…500
///     GET    /gate/v1/filing               token
///     POST   /gate/v1/heartbeat            signed, token
///     GET    /gate/v1/changes              token; long poll
///     POST   /gate/v1/receipts             signed, token
///     POST   /gate/v1/ledgers/{name}       signed, token; an object or 1…500
///
/// It stands before the web's router: no session, no cookie, no CSRF, nothing that a gate does not need on a path taken 15,000 times a second.
package final class GateGateway: Sendable {
    let backend: any GateBackend
    let clients: SignedClients
    let platformKeys: PlatformKeys
    let clock: Clock
    let throttle: GateThrottle
    let logger: Logger
    private let requestPrefix: String
    private let requestCount = Atomic<UInt64>(0)

    package static let prefix = "/gate/v1/"
    static let jsonLimit = 4 << 20
    static let photoLimit = 5 << 20
    static let mostRecords = 500

    package init(backend: any GateBackend, clients: SignedClients, platformKeys: PlatformKeys, clock: Clock, callsPerSecond: Double = 20_000, logger: Logger) {
        self.backend = backend
        self.clients = clients
        self.platformKeys = platformKeys
        self.clock = clock
        self.throttle = GateThrottle(callsPerSecond: callsPerSecond)
        self.logger = logger
        self.requestPrefix = String(Hex.encode(SecureRandom.bytes(4)))
    }

    /// - Parameter address: of the caller, for the audit and for slowing down guesses.
    package func respond(to request: Request, address: String) async -> Response {
        let requestId = nextRequestId()
        do {
            return try await answer(request, address: address).response(requestId: requestId)
        } catch {
            return refusal(error, path: request.uri.path, requestId, address).response(requestId: requestId)
        }
    }

    func nextRequestId() -> String { "\(requestPrefix)\(requestCount.wrappingAdd(1, ordering: .relaxed).newValue)" }

    /// The answer to what went wrong, which the log is told.
    func refusal(_ error: any Error, path: String, _ requestId: String, _ address: String) -> GateEnvelope {
        do {
            throw error
        } catch let failure as Failure {
            log(failure, path, requestId, address)
            return GateEnvelope(failure)
        } catch let refusal as ClientRefusal {
            throttle.failed(address: address, now: clock.now)
            logger.notice(
                "gate request refused",
                metadata: ["code": "\(refusal.code)", "path": "\(path)", "address": "\(address)", "requestId": "\(requestId)", "reason": "\(refusal.message)"])
            return .fault(refusal.code, refusal.message)
        } catch let error as GateTooLarge {
            return .fault("41301", error.message)
        } catch {
            logger.error("gate request failed", metadata: ["path": "\(path)", "requestId": "\(requestId)", "error": "\(error)"])
            return .fault("50301", "平台暂时无法处理，请稍后重试", retryAfter: 5)
        }
    }

    private func log(_ failure: Failure, _ path: String, _ requestId: String, _ address: String) {
        let level: Logger.Level = failure.kind == .unavailable || failure.kind == .unexpected ? .error : .notice
        logger.log(
            level: level, "gate request answered with an error",
            metadata: [
                "code": "\(failure.code)", "path": "\(path)", "address": "\(address)", "requestId": "\(requestId)", "cause": "\(failure.cause ?? failure.message)",
            ])
    }

    private func answer(_ request: Request, address: String) async throws -> GateEnvelope {
        let path = request.uri.path
        guard path.hasPrefix(GateGateway.prefix) else { throw noSuchPath(path) }
        let rest = path.dropFirst(GateGateway.prefix.count)
        let now = clock.now
        guard throttle.admits(address: address, now: now) else { return .fault("42901", "认证失败次数过多，请稍后再试", retryAfter: 30) }
        switch (request.method, rest) {
        case (.post, "passes"): return try await passes(request, address, now)
        case (.get, "filing"): return try await filing(request, address, now)
        case (.post, "heartbeat"): return try await heartbeat(request, address, now)
        case (.get, "changes"): return try await changes(request, address, now)
        case (.post, "receipts"): return try await receipts(request, address, now)
        case (.post, "token"): return try await token(request, address, now)
        case (.get, "platform-key"): return GateEnvelope(data: try platformKeys.published())
        case (.put, _) where rest.hasPrefix("photos/"): return try await photo(request, String(rest.dropFirst(7)), address, now)
        case (.put, _) where rest.hasPrefix("clips/"): return try await clip(request, String(rest.dropFirst(6)), address, now)
        case (.post, _) where rest.hasPrefix("ledgers/"): return try await ledger(request, String(rest.dropFirst(8)), address, now)
        default: throw noSuchPath(path)
        }
    }

    private func noSuchPath(_ path: String) -> Failure { Failure(.notFound, "40401", "接口不存在：\(path.prefix(80))") }

    // MARK: Calls

    private func passes(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let signed = try await signedJSON(request, address, now)
        let values = try records(signed.value)
        try refuseOtherEnterprise(values, signed.caller)
        return GateEnvelope(try await claiming(signed) { claim in try await self.backend.passes(values, from: signed.caller, claim: claim) })
    }

    /// A record that names an enterprise names its own or is not taken.
    func refuseOtherEnterprise(_ values: [JSONValue], _ caller: GateCaller) throws {
        for value in values {
            if let code = value["enterpriseCode"]?.string, code != caller.enterpriseCode { throw Failure(.forbidden, "40301", "记录中的企业编号“\(code.prefix(32))”不是本企业") }
        }
    }

    private func filing(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let caller = try granted(request, address, now).caller
        let query = request.uri.queryParameters
        var reader = GateQuery(values: { query[Substring($0)].map(String.init) })
        let plateNo = reader.required("plateNo")
        let color = reader.required("plateColor")
        let plateColor = color.flatMap(PlateColor.init(rawValue:))
        if color != nil, plateColor == nil { reader.fail("plateColor", "unknownCode", "代码不在取值范围（0～6）") }
        let direction = reader.values("direction") ?? "1"
        if direction != "1", direction != "2" { reader.fail("direction", "unknownCode", "代码不在取值范围（1、2）") }
        let gateNo = reader.required("gateNo")
        if let plateNo, plateNo.count > 16 { reader.fail("plateNo", "length", "长度应为 1～16 个字符") }
        let driver = reader.optional("driver", most: 32)
        let cargo = reader.optional("cargoName", most: 32)
        guard reader.errors.isEmpty, let plateNo, let plateColor, let gateNo else { throw Failure(.invalid, "40002", "字段有误", fields: reader.errors) }
        let answer = try await backend.filing(
            GateFilingQuery(plateNo: plateNo, plateColor: plateColor, isEntry: direction == "1", gateNo: gateNo, driver: driver, cargo: cargo), from: caller)
        return GateEnvelope(data: answer)
    }

    private func heartbeat(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let signed = try await signedJSON(request, address, now)
        return GateEnvelope(data: try await claiming(signed) { claim in try await self.backend.heartbeat(signed.value, from: signed.caller, claim: claim) })
    }

    private func changes(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let caller = try granted(request, address, now).caller
        let query = request.uri.queryParameters
        var wait = 0
        if let text = query["wait"] {
            guard let seconds = Int(text), (0...60).contains(seconds) else { throw Failure(.invalid, "40002", "字段有误", fields: [FieldFinding("wait", "range", "应为 0～60 的整数（秒）")]) }
            wait = seconds
        }
        return GateEnvelope(data: try await backend.changes(after: query["after"].map(String.init), waitSeconds: wait, from: caller))
    }

    private func receipts(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let signed = try await signedJSON(request, address, now)
        return GateEnvelope(data: try await claiming(signed) { claim in try await self.backend.receipts(signed.value, from: signed.caller, claim: claim) })
    }

    private func ledger(_ request: Request, _ name: String, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let signed = try await signedJSON(request, address, now)
        let values = try records(signed.value)
        return GateEnvelope(try await claiming(signed) { claim in try await self.backend.ledger(name, values, from: signed.caller, claim: claim) })
    }

    private func photo(_ request: Request, _ sha256: String, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let isHash = sha256.utf8.count == 64 && sha256.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        let granted = try granted(request, address, now)
        let body = try await body(request, limit: GateGateway.photoLimit)
        let digest = SHA256.hash(body)
        let pass = try authenticate(request, digest, granted, now)
        do {
            guard isHash else { throw Failure(.invalid, "40002", "照片标识有误", fields: [FieldFinding("sha256", "format", "路径中应为 64 位小写十六进制 SHA-256")]) }
            guard digest.hex == sha256 else { throw Failure(.invalid, "40002", "照片内容与 SHA-256 不符", fields: [FieldFinding("sha256", "mismatch", "内容的 SHA-256 为 \(digest.hex)")]) }
            let isNew = try await backend.photo(sha256, body, from: granted.caller, claim: claim(pass))
            return GateEnvelope(data: ["sha256": .string(sha256), "known": .bool(!isNew)], status: isNew ? .created : .ok)
        } catch {
            clients.nonces.release(pass.nonce)
            throw error
        }
    }

    private func token(_ request: Request, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let body = try await body(request, limit: 64 << 10)
        let value = try parse(body)
        var reader = FieldReaderForToken(value)
        let number = reader.required("accreditationNo")
        let code = reader.required("enterpriseCode")
        guard let number, let code else { throw Failure(.invalid, "40002", "字段有误", fields: reader.errors) }
        let pass = try clients.authenticate(signedRequest(request.head, SHA256.hash(body)), accreditationNo: number, objectCode: code, now: now)
        guard let org = backend.organisation(of: code) else { throw Failure(.forbidden, "40301", "企业“\(code.prefix(32))”未联网或已注销") }
        let caller = GateCaller(org: org, enterpriseCode: code, accreditationNo: number, address: address)
        do {
            try await backend.tokenIssued(to: caller, claim: claim(pass))
        } catch {
            clients.nonces.release(pass.nonce)
            throw error
        }
        let token = clients.tokens.issue(client: pass.client, objectCode: code, key: pass.key, now: now)
        return GateEnvelope(data: ["accessToken": .string(token), "expiresIn": .int(ClientTokens.lifetime)])
    }
}
