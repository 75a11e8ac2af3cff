import HTTPTypes
import Hummingbird
import Kernel
import Media
import Storage
import Web

/// Photos and files of rows. They are reached through the row, never by their hash alone, so that the data scope of the row decides who sees them.
enum FileRoutes {
    /// A photo that the row names and that has not come yet is `204`: nothing is wrong, there is only nothing to show; the page asks again.
    @Sendable
    static func photo(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let name = try desk.context.path("field")
        let record = try await desk.record(desk.context.id())
        guard let field = desk.field(name), case .photo = field.kind, let sha256 = record.files(field).first?.sha256 else { throw Failure.notFound("照片") }
        if let width = desk.context.here["width"].flatMap({ Int($0) }) {
            do {
                return .bytes(try await desk.services.photos.thumbnail(of: sha256, width: min(max(width, 32), 1920)), contentType: "image/jpeg", cacheSeconds: 3600)
            } catch let failure as Failure where failure.kind == .notFound {
                return Response(status: .noContent, headers: [.cacheControl: "no-store"])
            }
        }
        let bytes = try await desk.services.photos.bytes(of: sha256)
        return .bytes(bytes, contentType: UploadedContent.mediaType(of: bytes, named: "") ?? "application/octet-stream", cacheSeconds: 3600)
    }

    /// Always as a download: what somebody uploaded never runs in our origin.
    @Sendable
    static func file(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let name = try desk.context.path("field")
        let sha256 = try desk.context.path("sha")
        let record = try await desk.record(desk.context.id())
        guard let field = desk.field(name), let file = record.files(field).first(where: { $0.sha256 == sha256 }), let bytes = try await desk.services.blobs.read(file.sha256) else {
            throw Failure.notFound("附件")
        }
        return .download(bytes, filename: file.name.isEmpty ? "附件" : file.name, contentType: file.mediaType.isEmpty ? "application/octet-stream" : file.mediaType)
    }
}
