import HTTPTypes
import Hummingbird
import Kernel
import NIOCore

/// `/static/<version>/…` (ours) and `/assets/<version>/…` (third party): kept for ever by browsers; without a version, for an hour.
struct AssetRoutes: Sendable {
    let assets: AssetStore

    func add(to routes: Routes) {
        routes.get("/static/**", permission: .open) { request, context in try file("static", request, context) }
        routes.get("/assets/**", permission: .open) { request, context in try file("assets", request, context) }
    }

    private func file(_ folder: String, _ request: Request, _ context: WebContext) throws -> Response {
        var parts = request.uri.path.split(separator: "/").dropFirst().map(String.init)
        let isVersioned = parts.first == assets.version
        if isVersioned || parts.count > 1 && parts[0].utf8.count == 12 && assets.files["\(folder)/\(parts.joined(separator: "/"))"] == nil { parts.removeFirst() }
        guard let asset = assets.files["\(folder)/\(parts.joined(separator: "/"))"] else { throw Failure.notFound("该文件") }
        var headers: HTTPFields = [
            .contentType: asset.contentType, .cacheControl: isVersioned ? "public, max-age=31536000, immutable" : "public, max-age=3600", .vary: "Accept-Encoding",
        ]
        guard let compressed = asset.compressed, request.acceptsGzip else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: compressed)))
    }
}

extension Request {
    var acceptsGzip: Bool { headers[.acceptEncoding]?.contains("gzip") ?? false }
}
