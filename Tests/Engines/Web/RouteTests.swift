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

    @Test(arguments: ["/login", "/public", "/vehicles", "/static/0123456789ab/app.css", "/api/v1/vehicles/3", "/nowhere"])
    func everyAnswerCarriesThem(_ path: String) async throws {
        var settings = WebSettings()
        settings.isSecure = true
        try await Reception.test(Reception.site(settings: settings)) { client in
            let answer = try await client.execute(uri: path, method: .get)
            let policy = answer.header("Content-Security-Policy") ?? ""
            for directive in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] { #expect(policy.contains(directive), "\(directive)") }
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Referrer-Policy") == "same-origin")
            #expect(answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains")
            #expect(answer.header("Access-Control-Allow-Origin") == nil)
            #expect(answer.header("Cache-Control")?.contains("no-store") == !path.hasPrefix("/static/"))
        }
    }

    @Test func cookiesBelongToTheHostOverTLS() async throws {
        var settings = WebSettings()
        settings.isSecure = true
        try await Reception.test(Reception.site(settings: settings)) { client in
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            let entered = try await client.execute(uri: "/login?lang=en", method: .post, headers: form, body: ByteBuffer(string: "login=clerk&password=right"))
            let given = entered.headers[values: .setCookie]
            #expect(given.contains { $0.hasPrefix("__Host-jw_session=clerk;") && $0.contains("HttpOnly") && $0.contains("SameSite=Lax") })
            #expect(given.contains { $0.hasPrefix("__Host-jw_lang=en;") })
            for cookie in given {
                #expect(cookie.hasPrefix("__Host-jw_") && cookie.hasSuffix("; Path=/; Secure"), "\(cookie)")
                #expect(cookie.utf8.count < 4096)
            }
            let shown: [(cookie: String, status: HTTPResponse.Status)] = [
                ("other=1; __Host-jw_session=clerk", .ok), ("jw_session=clerk", .seeOther), ("__Secure-jw_session=clerk", .seeOther),
            ]
            for (cookie, status) in shown {
                let answer = try await client.execute(uri: "/vehicles", method: .get, headers: [.cookie: cookie])
                #expect(answer.status == status, "\(cookie)")
            }
        }
    }

    @Test func onlyATrustedProxyNamesTheClient() async throws {
        let claimed: HTTPFields = [HTTPField.Name("X-Forwarded-For")!: "203.0.113.66, 198.51.100.7"]
        let own = Collected()
        try await Reception.test { client in
            let address = try await client.execute(uri: "/public", method: .get, headers: claimed).text
            #expect(!address.contains("113.66") && !address.contains("100.7"))
            await own.set(address)
        }
        var settings = WebSettings()
        settings.trustedProxies = [await own.text]
        try await Reception.test(Reception.site(settings: settings)) { client in
            // What the proxy itself added stands last; what the client claimed before it does not count.
            let seen = try await client.execute(uri: "/public", method: .get, headers: claimed).text
            #expect(seen == "198.51.100.7")
        }
    }

    private actor Collected {
        var text = ""
        func set(_ text: String) { self.text = text }
    }

    @Test(arguments: [HTTPRequest.Method.trace, .options, .put, .delete])
    func methodsNobodyAskedForAreRefused(_ method: HTTPRequest.Method) async throws {
        try await Reception.test { client in
            let answer = try await client.execute(uri: "/public", method: method, headers: [.authorization: "Bearer clerk"])
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.header("Allow") == "GET, HEAD")
            #expect(!answer.text.contains("Bearer"))
        }
    }

    @Test func passwordsAreMaskedAndLeftToTheirManagers() async throws {
        try await Reception.test { client in
            let door = try await client.execute(uri: "/login", method: .get).text
            #expect(door.contains("name=\"password\" type=\"password\" autocomplete=\"current-password\""))
            #expect(!door.contains("autocomplete=\"off\""))
            let change = try await client.execute(uri: "/account/password", method: .get, headers: Reception.cookie("clerk")).text
            #expect(change.split(separator: "type=\"password\"").count == 4, "current, new, again")
            #expect(change.contains("action=\"/logout\""), "signing out is at hand")
        }
    }

    @Test func theNameOfAFileStaysWithinItsHeader() {
        let start = "attachment; filename*=UTF-8''"
        let header = Response.download([], filename: "报表\"; x=1\r\nSet-Cookie: a=b/../c.csv", contentType: "text/csv").headers[.contentDisposition] ?? ""
        #expect(header == start + "%E6%8A%A5%E8%A1%A8%22%3B%20x%3D1%0D%0ASet-Cookie%3A%20a%3Db%2F..%2Fc.csv")
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
