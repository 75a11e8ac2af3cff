import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

/// The envelope of every answer: `{"code":"10000","msg":"","data":{…},"requestId":"…"}`; the HTTP status is the first three digits of an error's code.
struct GateEnvelope: Sendable {
    var code = "10000"
    var message = ""
    var data: JSONValue = .object(JSONObject())
    /// Stands before `data` where it is there: the results of many records, made without a tree.
    var results: GateResults?
    var status: HTTPResponse.Status = .ok
    var retryAfter: Int?

    func response(requestId: String) -> Response {
        let reply = reply(requestId: requestId)
        return Response(status: status, headers: reply.head.headerFields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    func reply(requestId: String) -> GateReply {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + (results?.results.count ?? 256))
        bytes.append(contentsOf: "{\"code\":\"\(code)\",\"msg\":".utf8)
        JSONValue.string(message).write(into: &bytes)
        bytes.append(contentsOf: ",\"data\":".utf8)
        if let results {
            bytes.append(contentsOf: "{\"results\":".utf8)
            bytes.append(contentsOf: results.results)
            bytes.append(contentsOf: ",\"ignored\":".utf8)
            JSONValue.array(results.ignored.map(JSONValue.string)).write(into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        } else {
            data.write(into: &bytes)
        }
        bytes.append(contentsOf: ",\"requestId\":\"\(requestId)\"}".utf8)
        var headers = HTTPFields()
        headers[.contentType] = "application/json; charset=utf-8"
        headers[.cacheControl] = "no-store"
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        return GateReply(head: HTTPResponse(status: status, headerFields: headers), body: bytes)
    }

    static func fault(_ code: String, _ message: String, errors: [FieldFinding] = [], retryAfter: Int? = nil) -> GateEnvelope {
        var data = JSONObject()
        if !errors.isEmpty { data["errors"] = .array(errors.map { ["field": .string($0.field), "code": .string($0.code), "msg": .string($0.message)] }) }
        let status = HTTPResponse.Status(code: Int(code.prefix(3)) ?? 500)
        return GateEnvelope(code: code, message: message, data: .object(data), status: status, retryAfter: retryAfter)
    }

    /// A failure of the inside said in the interface's codes.
    init(_ failure: Failure) {
        let isInterfaceCode = failure.code.utf8.count == 5 && failure.code.utf8.allSatisfy { (48...57).contains($0) }
        let code = isInterfaceCode ? failure.code : GateEnvelope.code(of: failure.kind)
        self = .fault(code, failure.message, errors: failure.fields, retryAfter: failure.kind == .unavailable || failure.kind == .tooMany ? 5 : nil)
    }

    private static func code(of kind: Failure.Kind) -> String {
        switch kind {
        case .invalid, .conflict: "40002"
        case .unauthenticated: "40101"
        case .forbidden: "40301"
        case .notFound: "40401"
        case .tooLarge: "41301"
        case .tooMany: "42901"
        case .unavailable, .unexpected: "50301"
        }
    }

    init(code: String = "10000", message: String = "", data: JSONValue = .object(JSONObject()), status: HTTPResponse.Status = .ok, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.data = data
        self.status = status
        self.retryAfter = retryAfter
    }
}

/// An answer as it goes out, but for its length and date.
package struct GateReply: Sendable {
    package var head: HTTPResponse
    package var body: [UInt8]
}

extension GateEnvelope {
    init(_ results: GateResults) {
        self.init()
        self.results = results
    }
}

extension HTTPField.Name {
    static let retryAfter = HTTPField.Name("Retry-After") ?? .cacheControl
    static let timestamp = HTTPField.Name("X-Timestamp") ?? .cacheControl
    static let nonce = HTTPField.Name("X-Nonce") ?? .cacheControl
    static let signType = HTTPField.Name("X-Sign-Type") ?? .cacheControl
    static let signature = HTTPField.Name("X-Sign") ?? .cacheControl
}
