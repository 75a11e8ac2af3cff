import Cryptography
import Exchange
import Hummingbird
import Kernel
import NIOCore

/// `PUT /gate/v1/clips/{sha256}?gateNo=&serialNo=&cameraNo=&from=&to=`: the recording of one pass, before or after the pass itself.
///
/// The signature covers the hash that the path names, so it is checked before a byte of the body is taken; the body is then streamed and must have that hash.
extension GateGateway {
    static let clipLimit = 32 << 20

    func clip(_ request: Request, _ sha256: String, _ address: String, _ now: Moment) async throws -> GateEnvelope {
        let granted = try granted(request, address, now)
        guard sha256.utf8.count == 64, sha256 == sha256.lowercased(), let digest = Digest(hex: sha256) else {
            throw Failure(.invalid, "40002", "视频标识有误", fields: [FieldFinding("sha256", "format", "路径中应为 64 位小写十六进制 SHA-256")])
        }
        if let length = request.headers[.contentLength].flatMap(Int.init), length > GateGateway.clipLimit { throw GateTooLarge(limit: GateGateway.clipLimit) }
        let pass = try authenticate(request, digest, granted, now)
        do {
            let clip = try GateClip(sha256: sha256, request)
            let isNew = try await backend.clip(clip, from: granted.caller, claim: claim(pass)) { take in
                for try await buffer in request.body { try await take(Array(buffer.readableBytesView)) }
            }
            return GateEnvelope(data: ["sha256": .string(sha256), "known": .bool(!isNew)], status: isNew ? .created : .ok)
        } catch let failure as Failure where failure.kind == .tooLarge {
            clients.nonces.release(pass.nonce)
            throw GateTooLarge(limit: GateGateway.clipLimit)
        } catch {
            clients.nonces.release(pass.nonce)
            throw error
        }
    }
}

extension GateClip {
    /// - Throws: `.invalid` `40002` with every wrong parameter.
    init(sha256: String, _ request: Request) throws {
        let query = request.uri.queryParameters
        var reader = GateQuery(values: { query[Substring($0)].map(String.init) })
        let gateNo = reader.required("gateNo")
        let serial = reader.required("serialNo")
        let serialNo = serial.flatMap { Int64($0) }
        if serial != nil, serialNo == nil { reader.fail("serialNo", "type", "应为整数") }
        let cameraNo = reader.values("cameraNo")
        if let cameraNo, !(1...32).contains(cameraNo.count) { reader.fail("cameraNo", "length", "长度应为 1～32 个字符") }
        var moments: [Moment?] = []
        for name in ["from", "to"] {
            let text = reader.values(name)
            // A plus sign in a query may have become a space on its way.
            let moment = text.flatMap { Moment(parsing: $0.replacing(" ", with: "+")) }
            if text != nil, moment == nil { reader.fail(name, "format", "应为带时区的时间，如 2026-11-21T08:00:00+08:00") }
            moments.append(moment)
        }
        if let from = moments[0], let to = moments[1], to < from { reader.fail("to", "range", "不得早于开始时间") }
        guard reader.errors.isEmpty, let gateNo, let serialNo else { throw Failure(.invalid, "40002", "字段有误", fields: reader.errors) }
        self.init(sha256: sha256, gateNo: gateNo, serialNo: serialNo, cameraNo: cameraNo, from: moments[0], to: moments[1])
    }
}
