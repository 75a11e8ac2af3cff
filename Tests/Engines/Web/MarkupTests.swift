import Kernel
import Testing
import Web

@Suite("页面文本")
struct MarkupTests {
    @Test func escapesWhatIsInterpolated() {
        let name = "<b>\"甲\" & '乙'</b>"
        let markup: Markup = "<p title=\"\(name)\">\(name)</p>"
        #expect(markup.html == "<p title=\"&lt;b&gt;&quot;甲&quot; &amp; &#39;乙&#39;&lt;/b&gt;\">&lt;b&gt;&quot;甲&quot; &amp; &#39;乙&#39;&lt;/b&gt;</p>")
    }

    @Test func leavesMarkupAsItIs() {
        let inner: Markup = "<i>\("a<b")</i>"
        let nothing: Markup? = nil
        let absent: String? = nil
        let list: [Markup] = ["<li>1</li>", "<li>2</li>"]
        let markup: Markup = "\(inner)\(nothing)\(absent)\(list)\(42)\(2.5)\(3.0)\(Badge("在线", .good))"
        #expect(markup.html == "<i>a&lt;b</i><li>1</li><li>2</li>422.53<span class=\"tag tone-good\">在线</span>")
    }

    @Test func attributes() {
        #expect(Markup.attribute("value", "a\"b").html == " value=\"a&quot;b\"")
        #expect(Markup.attribute("value", nil as String?).isEmpty)
        #expect(Markup.flag("checked", true).html == " checked")
        #expect(Markup.classes(("a", true), ("b", false), ("c", true)).html == " class=\"a c\"")
        #expect(Markup.data("x", ["a": "<\">"]).html == " data-x=\"{&quot;a&quot;:&quot;\\u003c\\&quot;\\u003e&quot;}\"")
        #expect(Markup.joined(["a", "b"], by: ", ").html == "a, b")
    }

    @Test func figures() {
        #expect(Figure.grouped(1_234_567) == "1,234,567")
        #expect(Figure.grouped(-123) == "-123")
        #expect(Figure.decimal(1234.56, digits: 1) == "1,234.6")
        #expect(Figure.decimal(-0.01, digits: 1) == "0.0")
        #expect(Figure.decimal(nil) == "—")
        #expect(Figure.percent(0.986) == "98.6%")
        #expect(Figure.size(3_400_000) == "3.2 MB")
    }

    @Test func addresses() {
        let here = PageAddress("/vehicles", ["plate": "冀A&B", "after": "9", "none": nil])
        #expect(here.text == "/vehicles?plate=%E5%86%80A%26B&after=9")
        #expect(here.restarting.with("sort", "-plate").text == "/vehicles?plate=%E5%86%80A%26B&sort=-plate")
        #expect(FormEncoding.pairs("a=1+2&b=%E5%86%80&c&a=%zz".utf8) == [.init("a", "1 2"), .init("b", "冀"), .init("c", ""), .init("a", "%zz")])
    }

    @Test func asciiHeaders() {
        #expect((["a": "已保存"] as JSONValue).asciiText == #"{"a":"\u5df2\u4fdd\u5b58"}"#)
    }

    @Test func fieldsSayWhatIsWrong() {
        let field = FormField("vin", "车辆识别代号", .text, value: "\"><script>", isRequired: true, error: "应为 17 位")
        let html = field.markup.html
        #expect(html.contains("value=\"&quot;&gt;&lt;script&gt;\""))
        #expect(html.contains("aria-invalid=\"true\""))
        #expect(html.contains("aria-describedby=\"f-vin-error\""))
        #expect(html.contains("<label class=\"field-label\" for=\"f-vin\">"))
    }

    @Test func chartsCarryTheirNumbers() {
        let html = Chart(.line, "进出", categories: ["周一", "周二"], series: [ChartSeries("进厂", [12, nil])], unit: "辆次").markup.html
        #expect(html.contains("&quot;values&quot;:[12.0,null]"))
        #expect(html.contains("<tr><th scope=\"row\">周一</th><td class=\"text-end\">12</td></tr>"))
    }
}
