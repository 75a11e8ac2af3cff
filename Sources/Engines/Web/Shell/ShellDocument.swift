import Kernel

extension Shell {
    static func document(_ title: String, layout: Layout, main: Markup, context: WebContext) -> Markup {
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>\(title)</title></head><body>\(main)</body></html>"
    }
}
