import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import NIOCore
import Testing
import Web

@Suite("路由与权限")
struct RouteTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        var headers: HTTPFields = [:]
        let status: HTTPResponse.Status
        var location: String?
    }

    static let examples: [Example] = [
        Example(testDescription: "公开页面无需登录", path: "/public", status: .ok),
        Example(testDescription: "未登录访问页面: 转登录", path: "/vehicles?plate=1", status: .seeOther, location: "/login?next=%2Fvehicles%3Fplate%3D1"),
        Example(testDescription: "未登录访问接口: 401", path: "/api/v1/vehicles/3", status: .unauthorized),
        Example(testDescription: "有权限", path: "/vehicles", headers: Reception.cookie("clerk"), status: .ok),
        Example(testDescription: "无权限", path: "/users", headers: Reception.cookie("clerk"), status: .forbidden),
        Example(testDescription: "令牌失效等于未登录", path: "/vehicles", headers: Reception.cookie("gone"), status: .seeOther, location: "/login?next=%2Fvehicles"),
        Example(testDescription: "持令牌访问接口", path: "/api/v1/vehicles/3", headers: [.authorization: "Bearer clerk"], status: .ok),
        Example(testDescription: "编号不是数字", path: "/api/v1/vehicles/x", headers: [.authorization: "Bearer clerk"], status: .notFound),
        Example(testDescription: "须先改密码", path: "/vehicles", headers: Reception.cookie("novice"), status: .seeOther, location: "/account/password"),
        Example(testDescription: "改密码页本身可用", path: "/account/password", headers: Reception.cookie("novice"), status: .ok),
        Example(testDescription: "没有这个地址", path: "/nowhere", status: .notFound),
        Example(testDescription: "存活", path: "/healthz", status: .ok), Example(testDescription: "就绪", path: "/readyz", status: .ok),
        Example(testDescription: "静态文件", path: "/static/0123456789ab/app.css", status: .ok),
        Example(testDescription: "不能走出目录", path: "/static/../Package.swift", status: .notFound),
    ]

    @Test(arguments: examples)
    func admits(_ example: Example) async throws {
        try await Reception.test { client in
            let response = try await client.execute(uri: example.path, method: .get, headers: example.headers)
            #expect(response.status == example.status)
            #expect(response.header("Location") == example.location)
        }
    }

    @Test func everyRouteIsListed() async throws {
        let table = RouteTable()
        try await Reception.test(table: table) { _ in }
        #expect(table.entries.contains(RouteEntry(method: "GET", path: "/api/v1/vehicles/{id}", permission: .named("vehicle.read"))))
        let open = table.entries.filter { $0.permission == .open }.map(\.path)
        #expect(
            Set(open) == [
                "/public", "/fail", "/login", "/login/second", "/login/captcha", "/favicon.ico", "/.well-known/security.txt", "/healthz", "/health", "/readyz", "/ready",
                "/static/**", "/assets/**", "/manifest.webmanifest", "/service-worker.js",
            ])
    }

    @Test func menuShowsOnlyWhatOneMayUse() async throws {
        try await Reception.test { client in
            let page = try await client.execute(uri: "/vehicles", method: .get, headers: Reception.cookie("clerk")).text
            #expect(page.contains("data-menu=\"/vehicles\""))
            #expect(!page.contains("data-menu=\"/users\""))
        }
    }

    @Test func htmxGetsTheMainPartOnly() async throws {
        var headers = Reception.cookie("clerk")
        headers[HTTPField.Name("HX-Request")!] = "true"
        headers[HTTPField.Name("HX-Target")!] = "main"
        let sent = headers
        try await Reception.test { client in
            let part = try await client.execute(uri: "/vehicles", method: .get, headers: sent).text
            #expect(part.hasPrefix("<title>场内车辆"))
            #expect(!part.contains("<html"))
            var dialog = sent
            dialog[HTTPField.Name("HX-Target")!] = "dialog"
            let content = try await client.execute(uri: "/vehicles", method: .get, headers: dialog).text
            #expect(content.hasPrefix("<div class=\"dialog-head\">"))
        }
    }

    @Test func pagesCarryTheSecurityHeaders() async throws {
        var settings = WebSettings()
        settings.isSecure = true
        try await Reception.test(Reception.site(settings: settings)) { client in
            let page = try await client.execute(uri: "/login", method: .get)
            let policy = page.header("Content-Security-Policy") ?? ""
            #expect(policy.contains("script-src 'self';"))
            #expect(policy.contains("style-src 'self';"))
            #expect(!policy.contains("unsafe"))
            #expect(page.header("Strict-Transport-Security") != nil)
            #expect(page.header("X-Frame-Options") == "DENY")
            #expect(page.header("X-Content-Type-Options") == "nosniff")
            #expect(!page.text.contains(" style="))
            #expect(!page.text.contains(" onclick="))
        }
    }

    @Test func failuresSpeakTheReadersLanguage() async throws {
        try await Reception.test { client in
            let page = try await client.execute(uri: "/fail", method: .get)
            #expect(page.status == .conflict)
            #expect(page.text.contains("&lt;已被他人修改&gt;"))
            #expect(!page.text.contains("secret detail"))
            let problem = try await client.execute(uri: "/fail", method: .get, headers: [.accept: "application/json"])
            #expect(problem.header("Content-Type") == "application/problem+json; charset=utf-8")
            let value = try JSONValue(parsing: problem.text)
            #expect(value["code"]?.string == "JW-X409")
            #expect(value["status"]?.int == 409)
            #expect(value["requestId"]?.string?.isEmpty == false)
        }
    }

    @Test func longPagesAreCompressed() async throws {
        var headers = Reception.cookie("clerk")
        headers[.acceptEncoding] = "gzip, deflate"
        let sent = headers
        try await Reception.test { client in
            let page = try await client.execute(uri: "/vehicles", method: .get, headers: sent)
            #expect(page.header("Content-Encoding") == "gzip")
            #expect(page.body.readableBytes < 4000)
            #expect(page.header("Content-Length") == String(page.body.readableBytes))
            #expect(page.body.getBytes(at: 0, length: 2) == [0x1F, 0x8B])
        }
    }

    @Test func tooManyRequestsAreRefused() async throws {
        var settings = WebSettings()
        settings.ratePerSecond = 1
        settings.rateBurst = 3
        try await Reception.test(Reception.site(settings: settings)) { client in
            var statuses: [Int] = []
            for path in ["/public", "/public", "/public", "/public", "/healthz"] { statuses.append(try await client.execute(uri: path, method: .get).status.code) }
            #expect(statuses == [200, 200, 200, 429, 200])
        }
    }
}
