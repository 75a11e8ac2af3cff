import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

/// Where the command line reaches a running server: loopback only, with a key that only who may read the data directory knows.
struct AdminDoor: Sendable {
    static let path = "/internal/admin"
    let key: String
    let desk: AdminDesk

    func respond(to request: Request, address: String) async -> Response {
        guard address == "127.0.0.1" || address == "::1", request.headers[forwardedFor] == nil, request.method == .post, let given = request.headers[.authorization],
            constantTimeEqual(given, "Bearer " + key)
        else {
            return AdminDoor.answer(.notFound, ["error": "not found"])
        }
        do {
            let buffer = try await request.body.collect(upTo: 1 << 20)
            let value = try JSONValue(parsing: Array(buffer.readableBytesView))
            return AdminDoor.answer(.ok, try await desk.perform(value))
        } catch let failure as Failure {
            return AdminDoor.answer(.unprocessableContent, AdminDesk.json(failure))
        } catch {
            return AdminDoor.answer(.internalServerError, ["code": "JW-A000", "error": .string("\(error)")])
        }
    }

    private static func answer(_ status: HTTPResponse.Status, _ value: JSONValue) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes)))
    }
}

/// The key between command line and server: a file of the data directory, readable by its owner only.
enum AdminKey {
    static func readOrMake(_ directory: String) throws -> String {
        let path = directory + "/admin.key"
        if let known = try? String(contentsOfFile: path, encoding: .utf8), known.utf8.count >= 32 { return known }
        let key = SecureRandom.token(32)
        guard FileManager.default.createFile(atPath: path, contents: Data(key.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw Failure(.unavailable, "JW-A003", "无法写入 \(path)")
        }
        return key
    }
}
