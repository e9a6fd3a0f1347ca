import { Component, type ReactNode } from "react";

/** Shows `fallback` if the children throw while rendering. */
export class ErrorBoundary extends Component<
  { fallback: ReactNode; children: ReactNode },
  { failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: Error) {
    console.error("Error starting avatar session", error.name);
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
