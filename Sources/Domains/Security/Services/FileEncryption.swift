import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore
import Storage
import Web

/// D17.5.3 文件加密: sealing streams in and out, a segment in memory at a time; opening answers only after the whole file was checked, so that nobody works on a part.
struct FileEncryption: Sendable {
    let desk: CryptoDesk
    static let path = "/security/envelopes"
    /// Bytes of a file that is sealed over the API.
    private static let sealLimit = 1 << 30

    func add(to routes: Routes) {
        let uses = RoutePermission.named(SecurityPermission.cryptoUse)
        let api = routes.under("/api/v1/crypto")
        api.post("/files/seal", permission: uses, use: sealStream)
        api.post("/files/open", permission: uses, use: openStream)
        routes.get(Self.path, permission: uses) { _, context in try await page([], context) }
        routes.post(Self.path + "/seal", permission: uses, use: sealForm)
        routes.post(Self.path + "/open", permission: uses, use: openForm)
    }

    /// Receivers by their rows in the ledger of certificates, or our own envelope keys by name.
    private func certificates(_ names: [String]) async throws -> [String] {
        guard (1...50).contains(names.count) else { throw Failure.invalid([FieldFinding("certificate", "required", "选择 1 至 50 个接收人", title: "接收人")]) }
        return try await desk.platform.database.read { reader in
            try names.map { name -> String in
                let found: String?
                if let id = Int64(name) {
                    found = try reader.value("SELECT pem FROM security_certificate WHERE id = \(id) AND deleted_at IS NULL AND state = 'valid'")?.text
                } else {
                    found = try reader.value("SELECT certificate FROM security_keys WHERE name = \(name) AND purpose = 'envelope' AND state = 'active'")?.text
                }
                guard let pem = found, !pem.isEmpty else { throw Failure.invalid([FieldFinding("certificate", "unknown", "没有可用的证书“\(name.prefix(60))”", title: "接收人")]) }
                return pem
            }
        }
    }

    private func writer(_ names: [String], bytes: Int, _ who: Principal) async throws -> FileEnvelope.Writer {
        try await desk.run(.fileSeal, bytes: bytes, by: who) {
            let receivers = try await certificates(names)
            do { return try FileEnvelope.Writer(for: receivers) } catch let failure as Failure where failure.kind == .invalid {
                throw Failure.invalid([FieldFinding("certificate", "kind", "接收人的证书须为 SM2 证书", title: "接收人")])
            }
        }
    }

    private func opened(_ file: [UInt8], _ name: String, _ who: Principal) async throws -> [UInt8] {
        try await desk.run(.fileOpen, key: String(name.prefix(60)), bytes: file.count, by: who) {
            guard !name.isEmpty else { throw Failure.invalid([FieldFinding("key", "required", "不能为空", title: "密钥")]) }
            var refusal: Failure?
            for key in try await desk.opening(name, .envelope) {
                var reader = FileEnvelope.Reader(key: try desk.keys.pair(of: key), certificate: key.certificate ?? "")
                do {
                    let content = try reader.write(file)
                    try reader.finish()
                    return content
                } catch let failure as Failure where failure.code == "JW-C043" { refusal = failure }
            }
            throw refusal ?? Failure.notFound("密钥")
        }
    }

    // MARK: API

    @Sendable func sealStream(request: Request, context: WebContext) async throws -> Response {
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= Self.sealLimit else { throw Failure(.tooLarge, "JW-SE32", "文件不能超过 1 GB") }
        let begun = try await writer(context.here.all("certificate"), bytes: length, context.signedIn())
        let source = request.body
        let body = ResponseBody { out in
            var writer = begun
            var total = 0
            try await out.write(ByteBuffer(bytes: writer.head))
            for try await part in source {
                total += part.readableBytes
                guard total <= Self.sealLimit else { throw Failure(.tooLarge, "JW-SE32", "文件不能超过 1 GB") }
                let bytes = try writer.write(Array(part.readableBytesView))
                if !bytes.isEmpty { try await out.write(ByteBuffer(bytes: bytes)) }
            }
            try await out.write(ByteBuffer(bytes: try writer.finish()))
            try await out.finish(nil)
        }
        return .download(body: body, filename: "encrypted.jwf", contentType: "application/octet-stream")
    }

    @Sendable func openStream(request: Request, context: WebContext) async throws -> Response {
        let content = try await opened(request.bytes(context), context.here["key"] ?? "", context.signedIn())
        return .download(content, filename: "decrypted", contentType: "application/octet-stream")
    }

    // MARK: Page

    private func page(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let (certificates, keys) = try await desk.platform.database.read { reader in
            (
                try reader.rows(
                    "SELECT id, title, algorithm FROM security_certificate WHERE deleted_at IS NULL AND state = 'valid' AND algorithm = 'SM2' AND pem IS NOT NULL ORDER BY id DESC LIMIT 200"
                ),
                try reader.rows(
                    "SELECT name, title, max(generation) AS generation FROM security_keys WHERE purpose = 'envelope' AND state = 'active' GROUP BY name, title ORDER BY name LIMIT 200"
                )
            )
        }
        let own = keys.map { Choice($0.text("name") ?? "", $0.text("title") ?? "", group: "平台密钥") }
        let receivers = own + certificates.map { Choice("\($0.int("id") ?? 0)", $0.text("title") ?? "", group: "证书台账") }
        let seal = Form(
            action: Self.path + "/seal",
            sections: [
                FormSection(
                    nil,
                    [
                        FormField("file", "文件", .file(accept: "", isMultiple: false), isRequired: true, isWide: true),
                        FormField("certificate", "接收人", .multiSelect(receivers), isRequired: true, help: "只有所选接收人能解密", isWide: true),
                    ])
            ], submit: "加密并下载", findings: findings.filter { $0.field == "file" || $0.field == "certificate" }, context: context)
        let open = Form(
            action: Self.path + "/open",
            sections: [
                FormSection(
                    nil,
                    [
                        FormField("sealed", "加密文件（.jwf）", .file(accept: ".jwf", isMultiple: false), isRequired: true, isWide: true),
                        FormField("key", "解密密钥", .select(own), isRequired: true, isWide: true),
                    ])
            ], submit: "解密并下载", findings: findings.filter { $0.field == "sealed" || $0.field == "key" }, context: context)
        let none: Markup = receivers.isEmpty ? "\(Notice(.yellow, "还没有可用的信封密钥或 SM2 证书：请安全管理员在“密钥管理”中生成并启用，或在证书台账登记。"))" : .empty
        return Shell.page(
            "文件加密", crumbs: [Crumb(SecurityMenu.group), Crumb("文件加密")], active: Self.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            // A file that comes back is the browser's to save.
            body: "\(none)<div hx-boost=\"false\">\(Grid(.halves, ["\(Card("加密", body: "\(seal)"))", "\(Card("解密", body: "\(open)"))"]))</div>", context: context)
    }

    @Sendable func sealForm(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        guard let file = input.files("file").first, !file.bytes.isEmpty else { return try await page([FieldFinding("file", "required", "请选择文件", title: "文件")], context) }
        do {
            var writer = try await writer(input.all("certificate"), bytes: file.bytes.count, context.signedIn())
            let sealed = try writer.head + writer.write(file.bytes) + writer.finish()
            return .download(sealed, filename: file.filename + ".jwf", contentType: "application/octet-stream")
        } catch let failure as Failure where failure.kind == .invalid && !failure.fields.isEmpty { return try await page(failure.fields, context) }
    }

    @Sendable func openForm(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        guard let file = input.files("sealed").first, !file.bytes.isEmpty else { return try await page([FieldFinding("sealed", "required", "请选择文件", title: "加密文件")], context) }
        do {
            let content = try await opened(file.bytes, input["key"] ?? "", context.signedIn())
            let name = file.filename.hasSuffix(".jwf") ? String(file.filename.dropLast(4)) : file.filename
            return .download(content, filename: name, contentType: "application/octet-stream")
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(failure.fields.isEmpty ? [FieldFinding("sealed", "format", failure.message, title: "加密文件")] : failure.fields, context)
        }
    }
}
