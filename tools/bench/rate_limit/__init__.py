"""One office's rate shared by several processes: ours beside what people would use instead."""
