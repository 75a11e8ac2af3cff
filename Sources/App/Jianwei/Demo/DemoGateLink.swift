import AsyncHTTPClient
import Cryptography
import Foundation
import Kernel
import NIOCore
import NIOHTTP1

/// One enterprise's connection to the gate interface, over HTTP like any outside gate system: signs, keeps its token, reads the envelope.
actor DemoGateLink {
    /// What the platform answered other than success.
    struct Refusal: Error, Sendable {
        var code: String
        var message: String
    }

    private let client: HTTPClient
    private let baseURL: String
    private let accreditationNo: String
    private let enterpriseCode: String
    private let key: RSAPrivateKey
    private var token: (text: String, until: Moment)?

    init(client: HTTPClient, baseURL: String, accreditationNo: String, enterpriseCode: String, key: RSAPrivateKey) {
        self.client = client
        self.baseURL = baseURL
        self.accreditationNo = accreditationNo
        self.enterpriseCode = enterpriseCode
        self.key = key
    }

    /// - Returns: `data` of the envelope.
    /// - Throws: `Refusal`; what the network throws.
    func post(_ path: String, _ value: JSONValue) async throws -> JSONValue { try await send(.POST, path, value.bytes, type: "application/json; charset=utf-8") }

    func put(photo bytes: [UInt8]) async throws -> String {
        let sha256 = SHA256.hash(bytes).hex
        _ = try await send(.PUT, "/gate/v1/photos/\(sha256)", bytes, type: "image/jpeg")
        return sha256
    }

    /// The recording of a pass.
    func put(clip bytes: [UInt8], gateNo: String, serialNo: Int64, cameraNo: String, from: Moment, to: Moment) async throws {
        let times = "from=\(DemoFaults.escaped(from.rfc3339))&to=\(DemoFaults.escaped(to.rfc3339))"
        let path = "/gate/v1/clips/\(SHA256.hash(bytes).hex)?gateNo=\(gateNo)&serialNo=\(serialNo)&cameraNo=\(cameraNo)&\(times)"
        _ = try await send(.PUT, path, bytes, type: "video/mp4")
    }

    func get(_ path: String, seconds: Int64 = 10) async throws -> JSONValue {
        let token = try await currentToken()
        return try await execute(.GET, path, [], ["Authorization": "Bearer \(token)"], seconds: seconds)
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8], type: String) async throws -> JSONValue {
        let token = try await currentToken()
        do {
            return try await execute(method, path, body, try signed(method, path, body, type, token), seconds: 20)
        } catch let refusal as Refusal where refusal.code == "40101" {
            self.token = nil
            let token = try await currentToken()
            return try await execute(method, path, body, try signed(method, path, body, type, token), seconds: 20)
        }
    }

    private func currentToken() async throws -> String {
        if let token, token.until > Clock.system.now { return token.text }
        let body: JSONValue = ["accreditationNo": .string(accreditationNo), "enterpriseCode": .string(enterpriseCode)]
        let answer = try await execute(.POST, "/gate/v1/token", body.bytes, try signed(.POST, "/gate/v1/token", body.bytes, "application/json; charset=utf-8", nil), seconds: 20)
        guard let text = answer["accessToken"]?.string else { throw Refusal(code: "", message: "no token") }
        // Renewed in good time: ten minutes before its end.
        token = (text, Clock.system.now.adding(seconds: (answer["expiresIn"]?.int ?? 7200) - 600))
        return text
    }

    private func signed(_ method: HTTPMethod, _ path: String, _ body: [UInt8], _ type: String, _ token: String?) throws -> [String: String] {
        let timestamp = String(Clock.system.now.milliseconds)
        let nonce = SecureRandom.token(18)
        let text = "\(method.rawValue)\n\(path)\n\(timestamp)\n\(nonce)\n\(SHA256.hash(body).hex)"
        let signature = Data(try key.sign(Array(text.utf8))).base64EncodedString()
        var headers = ["Content-Type": type, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Sign-Type": "RSA2", "X-Sign": signature]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        return headers
    }

    private func execute(_ method: HTTPMethod, _ path: String, _ body: [UInt8], _ headers: [String: String], seconds: Int64) async throws -> JSONValue {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(seconds))
        let buffer = try await response.body.collect(upTo: 4 << 20)
        guard let value = try? JSONValue(parsing: Array(buffer.readableBytesView)) else { throw Refusal(code: "", message: "status \(response.status.code)") }
        guard value["code"]?.string == "10000" else { throw Refusal(code: value["code"]?.string ?? "", message: value["msg"]?.string ?? "") }
        return value["data"] ?? .null
    }
}
