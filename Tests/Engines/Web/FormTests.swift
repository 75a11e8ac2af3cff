import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import NIOCore
import Testing
import Web

@Suite("表单提交")
struct FormTests {
    static let token: HTTPFields = {
        var headers = Reception.cookie("clerk")
        headers[.contentType] = "application/x-www-form-urlencoded"
        return headers
    }()

    /// The token that a page of this session shows.
    static func csrf(_ client: any TestClientProtocol) async throws -> String {
        let page = try await client.execute(uri: "/vehicles", method: .get, headers: Reception.cookie("clerk")).text
        let start = try #require(page.firstRange(of: "name=\"csrf\" content=\""))
        return String(page[start.upperBound...].prefix { $0 != "\"" })
    }

    @Test func aChangeNeedsThePagesToken() async throws {
        try await Reception.test { client in
            let token = try await Self.csrf(client)
            let without = try await client.execute(uri: "/vehicles", method: .post, headers: Self.token, body: ByteBuffer(string: "plate=A1"))
            #expect(without.status == .forbidden)
            let wrong = try await client.execute(uri: "/vehicles", method: .post, headers: Self.token, body: ByteBuffer(string: "plate=A1&_csrf=x"))
            #expect(wrong.status == .forbidden)
            let right = try await client.execute(uri: "/vehicles", method: .post, headers: Self.token, body: ByteBuffer(string: "plate=A1&_csrf=\(token)"))
            #expect(right.status == .seeOther)
            #expect(right.header("Set-Cookie")?.hasPrefix("jw_flash=%E5%B7%B2%E4%BF%9D%E5%AD%98%20A1;") == true)
            let bearer = try await client.execute(
                uri: "/vehicles", method: .post, headers: [.authorization: "Bearer clerk", .contentType: "application/json"], body: ByteBuffer(string: #"{"plate":"A1"}"#))
            #expect(bearer.status == .seeOther)
        }
    }

    @Test func htmxFormsAnswerWithEvents() async throws {
        try await Reception.test { client in
            var headers = Self.token
            headers[HTTPField.Name("X-CSRF")!] = try await Self.csrf(client)
            headers[HTTPField.Name("HX-Request")!] = "true"
            headers[HTTPField.Name("HX-Target")!] = "main"
            let page = try await client.execute(uri: "/vehicles", method: .post, headers: headers, body: ByteBuffer(string: "plate=A1"))
            #expect(page.header("HX-Location") == ##"{"path":"/vehicles","target":"#main","swap":"outerHTML show:window:top"}"##)
            headers[HTTPField.Name("HX-Target")!] = "dialog"
            let dialog = try await client.execute(uri: "/vehicles", method: .post, headers: headers, body: ByteBuffer(string: "plate=A1"))
            #expect(dialog.status == .noContent)
            #expect(dialog.header("HX-Trigger")?.contains("jw:close-dialog") == true)
            let invalid = try await client.execute(uri: "/vehicles", method: .post, headers: headers, body: ByteBuffer(string: "plate="))
            #expect(invalid.status == .unprocessableContent)
            let problem = try JSONValue(parsing: invalid.text)
            #expect(problem["fields"]?.array?.first?["field"]?.string == "plate")
        }
    }

    @Test func multipartKeepsBytesAndNames() async throws {
        let body =
            "--xx\r\nContent-Disposition: form-data; name=\"plate\"\r\n\r\n冀A8K231\r\n--xx\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"C:\\p\\车头.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\u{1}\r\n\u{2}--x\r\n--xx--\r\n"
        let router = WebRouter.make(site: Reception.site()) { routes in
            routes.post("/upload", permission: .open) { request, context in
                let form = try await request.form(context)
                let file = form.files("photo").first
                return .text("\(form["plate"] ?? "") \(file?.filename ?? "") \(file?.contentType ?? "") \(file?.bytes ?? [])")
            }
        }
        try await Application(router: router).test(.router) { client in
            let type: HTTPFields = [.contentType: "multipart/form-data; boundary=xx"]
            let response = try await client.execute(uri: "/upload", method: .post, headers: type, body: ByteBuffer(string: body))
            #expect(response.text == "冀A8K231 车头.jpg image/jpeg [1, 13, 10, 2, 45, 45, 120]")
            let broken = try await client.execute(uri: "/upload", method: .post, headers: type, body: ByteBuffer(string: String(body.prefix(90))))
            #expect(broken.status == .unprocessableContent)
        }
    }

    @Test func bodiesHaveALimit() async throws {
        var settings = WebSettings()
        settings.bodyLimit = 100
        try await Reception.test(Reception.site(settings: settings)) { client in
            let headers: HTTPFields = [.authorization: "Bearer clerk", .contentType: "application/x-www-form-urlencoded"]
            let response = try await client.execute(uri: "/vehicles", method: .post, headers: headers, body: ByteBuffer(string: "plate=" + String(repeating: "A", count: 200)))
            #expect(response.status == .contentTooLarge)
        }
    }

    @Test func signingIn() async throws {
        try await Reception.test { client in
            let headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            let wrong = try await client.execute(uri: "/login", method: .post, headers: headers, body: ByteBuffer(string: "login=clerk&password=no"))
            #expect(wrong.status == .unauthorized)
            #expect(wrong.text.contains("登录名或密码错误"))
            let right = try await client.execute(uri: "/login", method: .post, headers: headers, body: ByteBuffer(string: "login=clerk&password=right&next=/vehicles"))
            #expect(right.header("Location") == "/vehicles")
            let cookie = right.header("Set-Cookie") ?? ""
            #expect(cookie.hasPrefix("jw_session=clerk;"))
            #expect(cookie.contains("HttpOnly"))
            #expect(cookie.contains("SameSite=Lax"))
            for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "/login"] {
                let away = try await client.execute(uri: "/login", method: .post, headers: headers, body: ByteBuffer(string: "login=clerk&password=right&next=\(elsewhere)"))
                #expect(away.header("Location") == "/")
            }
            var foreign = headers
            foreign[HTTPField.Name("Sec-Fetch-Site")!] = "cross-site"
            let crossed = try await client.execute(uri: "/login", method: .post, headers: foreign, body: ByteBuffer(string: "login=clerk&password=right"))
            #expect(crossed.status == .forbidden)
        }
    }

    @Test func aWrongCurrentPasswordIsNamed() async throws {
        try await Reception.test { client in
            let token = try await Self.csrf(client)
            let response = try await client.execute(
                uri: "/account/password", method: .post, headers: Self.token, body: ByteBuffer(string: "current=x&password=n&again=n&_csrf=\(token)"))
            #expect(response.status == .unprocessableContent)
            #expect(response.text.contains("id=\"f-current-error\">不正确"))
            let differing = try await client.execute(
                uri: "/account/password", method: .post, headers: Self.token, body: ByteBuffer(string: "current=right&password=n&again=m&_csrf=\(token)"))
            #expect(differing.text.contains("两次输入的新密码不一致"))
        }
    }
}
