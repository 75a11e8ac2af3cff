import Cryptography
import Exchange
import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

/// Who sent a request, and what it says.
extension GateGateway {
    struct SignedJSON: Sendable {
        var value: JSONValue
        var caller: GateCaller
        var pass: SignedPass
    }

    struct Granted: Sendable {
        var caller: GateCaller
        var grant: ClientGrant
    }

    func signedJSON(_ request: Request, _ address: String, _ now: Moment) async throws -> SignedJSON {
        let granted = try granted(request, address, now)
        let body = try await body(request, limit: GateGateway.jsonLimit)
        let pass = try authenticate(request, SHA256.hash(body), granted, now)
        do {
            return SignedJSON(value: try parse(body), caller: granted.caller, pass: pass)
        } catch {
            clients.nonces.release(pass.nonce)
            throw error
        }
    }

    func granted(_ request: Request, _ address: String, _ now: Moment) throws -> Granted { try granted(request.headers, address, now) }

    func granted(_ headers: HTTPFields, _ address: String, _ now: Moment) throws -> Granted {
        let header = headers[.authorization]
        let token = header.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let grant = try clients.tokens.verify(token, now: now)
        guard throttle.admits(client: grant.client, now: now) else { throw Failure(.tooMany, "42901", "请求过快，请降低频率") }
        guard let org = backend.organisation(of: grant.objectCode) else { throw Failure(.forbidden, "40301", "企业“\(grant.objectCode)”未联网或已注销") }
        let number = clients.directory.client(grant.client)?.accreditationNo ?? ""
        return Granted(caller: GateCaller(org: org, enterpriseCode: grant.objectCode, accreditationNo: number, address: address), grant: grant)
    }

    func authenticate(_ request: Request, _ digest: Digest, _ granted: Granted, _ now: Moment) throws(ClientRefusal) -> SignedPass {
        try authenticate(request.head, digest, granted, now)
    }

    func authenticate(_ head: HTTPRequest, _ digest: Digest, _ granted: Granted, _ now: Moment) throws(ClientRefusal) -> SignedPass {
        try clients.authenticate(signedRequest(head, digest), client: granted.grant.client, objectCode: granted.grant.objectCode, now: now)
    }

    func signedRequest(_ head: HTTPRequest, _ digest: Digest) -> SignedRequest {
        SignedRequest(
            method: head.method.rawValue, pathWithQuery: head.path ?? "", timestamp: head.headerFields[.timestamp], nonce: head.headerFields[.nonce],
            signType: head.headerFields[.signType], signature: head.headerFields[.signature], bodySHA256: digest)
    }

    func claim(_ pass: SignedPass) -> GateClaim {
        let nonce = pass.nonce
        return { tx in try NonceGuard.record(nonce, in: tx) }
    }

    /// Gives the nonce back when nothing was written, so that a gate may repeat the very same request.
    func claiming<T: Sendable>(_ signed: SignedJSON, _ work: @Sendable (@escaping GateClaim) async throws -> T) async throws -> T {
        do {
            return try await work(claim(signed.pass))
        } catch {
            clients.nonces.release(signed.pass.nonce)
            throw error
        }
    }

    func body(_ request: Request, limit: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limit { throw GateTooLarge(limit: limit) }
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw GateTooLarge(limit: limit)
        }
    }

    func parse(_ body: [UInt8]) throws -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: body)
        } catch {
            throw Failure(.invalid, "40001", "不是合法的 JSON（第 \(error.offset) 字节：\(error.reason)）")
        }
    }

    func records(_ value: JSONValue) throws -> [JSONValue] {
        switch value {
        case .object: return [value]
        case .array(let values) where values.isEmpty: throw Failure(.invalid, "40002", "数组不能为空", fields: [FieldFinding("", "range", "应为 1～500 条")])
        case .array(let values) where values.count > GateGateway.mostRecords: throw Failure(.tooLarge, "41301", "一次最多 500 条，本次 \(values.count) 条")
        case .array(let values): return values
        default: throw Failure(.invalid, "40002", "应为对象或对象数组", fields: [FieldFinding("", "type", "应为对象或对象数组")])
        }
    }
}

struct GateTooLarge: Error {
    var limit: Int
    var message: String { "内容超过 \(limit >> 20) MiB" }
}

/// Reads query parameters and collects what is wrong.
struct GateQuery {
    let values: (String) -> String?
    var errors: [FieldFinding] = []

    init(values: @escaping (String) -> String?) { self.values = values }

    mutating func fail(_ field: String, _ code: String, _ message: String) { errors.append(FieldFinding(field, code, message)) }

    mutating func required(_ name: String) -> String? {
        if let value = values(name), !value.isEmpty { return value }
        fail(name, "required", "必填")
        return nil
    }

    /// - Returns: nil when it is not there or empty.
    mutating func optional(_ name: String, most: Int) -> String? {
        guard let value = values(name), !value.isEmpty else { return nil }
        if value.count > most { fail(name, "length", "长度应为 1～\(most) 个字符") }
        return value
    }
}

/// The two fields that ask for a token.
struct FieldReaderForToken {
    let value: JSONValue
    var errors: [FieldFinding] = []

    init(_ value: JSONValue) { self.value = value }

    mutating func required(_ name: String) -> String? {
        if let text = value[name]?.string, !text.isEmpty { return text }
        errors.append(FieldFinding(name, "required", "必填，应为文字"))
        return nil
    }
}
