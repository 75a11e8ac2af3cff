import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// What is done in a conversation: said, sent, taken back, and groups looked after.
extension ChatPages {
    /// `POST /chat/{id}`: `text`, `file`, `path`.
    @Sendable
    func say(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        _ = try await engine.database.read { [engine] in try engine.room(id, of: principal, in: $0) }
        let file = try await input.files("file").first { !$0.bytes.isEmpty }.asyncMap(store)
        let (text, path) = (input["text"] ?? "", input["path"])
        try await engine.database.write { [engine] tx in try engine.say(text, file: file, path: path, in: id, by: principal, tx: tx) }
        if context.wantsJSON { return .json(["ok": true]) }
        return .redirect(to: "/chat/\(id)", type: .normal)
    }

    private func store(_ upload: UploadedFile) async throws -> ChatFile {
        let type = Self.sound(upload) ?? UploadedContent.mediaType(of: upload.bytes, named: upload.filename)
        guard upload.bytes.count <= UploadedContent.byteLimit, let type else {
            throw Failure.invalid([FieldFinding("file", "file", "只接受 32 MB 以内的图片、语音、视频、PDF、Office、ZIP、TXT", title: "附件")])
        }
        let blob = try await blobs.put(upload.bytes)
        return ChatFile(sha256: blob.hash, name: String(upload.filename.prefix(120)), mediaType: type, size: upload.bytes.count)
    }

    /// Recordings of speech by their first bytes.
    private static func sound(_ upload: UploadedFile) -> String? {
        let bytes = upload.bytes
        guard bytes.count > 12 else { return nil }
        if Array(bytes[0..<4]) == Array("OggS".utf8) { return "audio/ogg" }
        // What browsers record: WebM (EBML header, RFC 9559) or MP4 (ISO 14496-12).
        if bytes[0..<4].elementsEqual([0x1A, 0x45, 0xDF, 0xA3]), upload.filename.hasSuffix(".weba") { return "audio/webm" }
        if Array(bytes[4..<8]) == Array("ftyp".utf8), upload.filename.hasSuffix(".m4a") { return "audio/mp4" }
        if Array(bytes[0..<3]) == Array("ID3".utf8) || (bytes[0] == 0xFF && bytes[1] & 0xE0 == 0xE0) { return "audio/mpeg" }
        return nil
    }

    /// `GET /chat/{id}/files/{line}`.
    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (id, line) = (try context.id(), try context.id("line"))
        let file = try await engine.database.read { [engine] in try engine.file(line, of: id, by: principal, in: $0) }
        guard let bytes = try await blobs.read(file.sha256) else { throw Failure.notFound("该附件") }
        if file.isPicture || file.mediaType.hasPrefix("audio/") { return .bytes(bytes, contentType: file.mediaType, cacheSeconds: 3600) }
        return .download(bytes, filename: file.name.isEmpty ? "附件" : file.name, contentType: file.mediaType)
    }

    /// `POST /chat/{id}/recall/{line}`.
    @Sendable
    func recall(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (id, line) = (try context.id(), try context.id("line"))
        try await engine.database.write { [engine] tx in try engine.recall(line, of: id, by: principal, in: tx) }
        return Shell.refreshed("已撤回", context: context, request: request)
    }

    /// `GET /chat/people?q=`: for the chooser.
    @Sendable
    func people(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let found = try await engine.database.read { [engine] in try engine.people(keyword, of: principal, in: $0) }
        return .html("\(ReferenceChoices(found.map { Choice(String($0.id), "\($0.name)（\($0.orgName)）") }))")
    }

    /// `GET /chat/new`, `GET /chat/{id}/group`.
    func form(_ context: WebContext, _ id: Int64?, _ findings: [FieldFinding], _ input: FormInput? = nil) async throws -> Response {
        let principal = try context.signedIn()
        let (known, all) = try await engine.database.read { [engine] reader in
            (try id.map { try engine.room($0, of: principal, in: reader) }, try engine.people(nil, limit: 1000, of: principal, in: reader))
        }
        let members = (known?.members ?? []).filter { $0.user != principal.id }
        var choices = all.map { Choice(String($0.id), "\($0.name)（\($0.orgName)）", group: $0.orgName) }
        let offered = Set(all.map(\.id))
        choices += members.filter { !offered.contains($0.user) }.map { Choice(String($0.user), "\($0.name)（\($0.orgName)）", group: $0.orgName) }
        let chosen = input?.all("people") ?? (members.isEmpty ? context.here.all("people") : members.map { String($0.user) })
        let title = FormField(
            "title", "群名称", .text, value: input?["title"] ?? known?.room.title ?? context.here["title"], isRequired: id != nil, help: id == nil ? "选一个人不用填；多人建群时填写" : nil,
            maxLength: 40,
            isWide: true)
        let subject = FormField("subject", "", .hidden, value: input?["subject"] ?? context.here["subject"])
        let fields = [FormField("people", "人员", .multiSelect(choices), values: chosen, isRequired: true, help: "通讯录：辖区内、本单位和上级单位的在用账号", isWide: true), title, subject]
        let action = id.map { "/chat/\($0)/group" } ?? "/chat/new"
        let form = Form(action: action, sections: [FormSection(nil, fields)], submit: id == nil ? "开始聊天" : "保存", cancel: "/chat", findings: findings, context: context)
        return Shell.form(
            id == nil ? "发起聊天" : "群管理", crumbs: [Crumb("聊天", "/chat"), Crumb(id == nil ? "发起" : "群管理")], active: "/chat", form, context: context)
    }

    /// `POST /chat/new`.
    @Sendable
    func make(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let people = input.all("people").compactMap { Int64($0) }
        let (title, subject) = (input["title"] ?? "", input["subject"])
        do {
            let id = try await engine.database.write { [engine] tx in
                people.count == 1 && title.isEmpty && subject == nil
                    ? try engine.begin(with: people[0], by: principal, in: tx) : try engine.make(title, people: people, subject: subject, by: principal, in: tx)
            }
            return .goes(to: "/chat/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await form(context, nil, failure.fields, input) }
    }

    /// `POST /chat/{id}/group`.
    @Sendable
    func change(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let input = try await request.form(context)
        let (title, people) = (input["title"] ?? "", input.all("people").compactMap { Int64($0) })
        do {
            try await engine.database.write { [engine] tx in try engine.change(id, title: title, people: people, by: principal, in: tx) }
            return Shell.done("已保存", to: "/chat/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await form(context, id, failure.fields, input) }
    }

    /// `POST /chat/{id}/leave`.
    @Sendable
    func leave(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await engine.database.write { [engine] tx in try engine.leave(id, by: principal, in: tx) }
        return Shell.done("已退出", to: "/chat", context: context)
    }

    /// `POST /chat/{id}/close`.
    @Sendable
    func close(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await engine.database.write { [engine] tx in try engine.close(id, by: principal, in: tx) }
        return Shell.done("已解散", to: "/chat", context: context)
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<T>(_ change: (Wrapped) async throws -> T) async throws -> T? {
        if let self { return try await change(self) }
        return nil
    }
}
